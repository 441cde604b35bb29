"""provenaclient, unmodified, at the URLs of our Keycloak realm."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests

from tests.clients.environment import client_environment
from tests.oauth.conftest import NAME, Person
from tests.oauth.scripts import running
from tests.plugins.server import PATIENCE, LiveRegistry

pytestmark = [pytest.mark.once, pytest.mark.xdist_group("oauth")]

PROGRAM = "script_of_provena.py"
PROTOCOL = "/auth/realms/registry/protocol/openid-connect"


@pytest.fixture(scope="session")
def python() -> str:
    """Return the Python interpreter of the client's own environment."""
    return str(client_environment("provena") / "bin" / "python")


def test_the_client_accepts_the_token_of_the_device_flow(
    patient_registry: LiveRegistry,
    patient_person: Person,
    python: str,
    tmp_path: Path,
) -> None:
    url = patient_registry.url
    with running(PROGRAM, url, "device", python=python, cwd=tmp_path) as script:
        patient_person.decide(script.user_code(), "Allow")
        assert script.told() == {"ready": True}
        assert script.ask() == {"status": 200, "username": NAME}
    # the client saved its tokens, and needs no approval the next time
    with running(PROGRAM, url, "device", python=python, cwd=tmp_path) as script:
        assert script.told() == {"ready": True}
        assert script.ask() == {"status": 200, "username": NAME}


def test_the_offline_flow_works_until_it_is_revoked(
    patient_registry: LiveRegistry,
    patient_person: Person,
    python: str,
    tmp_path: Path,
) -> None:
    url, file = patient_registry.url, tmp_path / "offline-token"
    patient_person.revoke_all()
    file.write_text(_offline_token(url, patient_person))
    with running(PROGRAM, url, "offline", str(file), python=python) as script:
        assert script.told() == {"ready": True}
        for how in ("ask", "renew", "renew"):
            assert script.ask(how) == {"status": 200, "username": NAME}
        assert patient_person.revoke_all() == 1
        assert script.ask("ask")["status"] == 401


def _offline_token(url: str, person: Person) -> str:
    """Get an offline token as in Provena's guide, by the device flow."""
    client = {"client_id": "automated-access", "scope": "offline_access"}
    codes = requests.post(
        f"{url}{PROTOCOL}/auth/device", client, timeout=PATIENCE
    ).json()
    person.decide(codes["user_code"], "Allow")
    redeemed = {
        "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
        "client_id": "automated-access",
        "device_code": codes["device_code"],
    }
    answer = requests.post(f"{url}{PROTOCOL}/token", redeemed, timeout=PATIENCE)
    return str(answer.json()["refresh_token"])
