"""Rotate the signing key of a running registry."""

from __future__ import annotations

import pytest
import requests

from tests.plugins.server import PATIENCE, LiveRegistry, StartRegistry

pytestmark = pytest.mark.once


def _kids(registry: LiveRegistry) -> list[str]:
    answer = requests.get(f"{registry.url}/o/.well-known/jwks.json", timeout=PATIENCE)
    return [key["kid"] for key in answer.json()["keys"]]


def _token(registry: LiveRegistry, secret: str) -> str:
    form = {"grant_type": "client_credentials", "client_id": "robot"}
    answer = requests.post(
        f"{registry.url}/o/token", {**form, "client_secret": secret}, timeout=PATIENCE
    )
    return str(answer.json()["access_token"])


def _status(registry: LiveRegistry, token: str) -> int:
    return requests.get(
        f"{registry.url}/api/username/",
        headers={"Authorization": f"Bearer {token}"},
        timeout=PATIENCE,
    ).status_code


def test_a_running_registry_notices_a_rotated_key(
    start_registry: StartRegistry,
) -> None:
    registry = start_registry()
    secret = registry.manage("create_client", "robot").strip()
    before, token = _kids(registry), _token(registry, secret)
    printed = registry.manage("rotate_keys").strip()
    assert _kids(registry) == [printed, *before]
    for good in (token, _token(registry, secret)):
        assert _status(registry, good) == 200
    # a stolen key is removed, and the tokens that it signed are refused
    (registry.data_dir / "signing-keys" / "0001.pem").unlink()
    assert _kids(registry) == [printed]
    assert _status(registry, token) == 401
