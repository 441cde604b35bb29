"""The metadata for clients at both URLs, and invalid requests to the endpoints."""

from __future__ import annotations

import base64
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import load_der_public_key
from django.test import Client
from pytest_django import Settings

from registry.identity.models import User
from registry.identity.oauth.clients import (
    WELL_KNOWN_CLIENTS,
    create_well_known_clients,
)
from tests.interop.oidc.issuer import Program, authorize_device

pytestmark = pytest.mark.django_db

REALM = "/auth/realms/registry"
PROTOCOL = f"{REALM}/protocol/openid-connect"


def _json(path: str) -> Any:
    answer = Client().get(path)
    assert answer.status_code == 200, path
    return answer.json()


@pytest.mark.parametrize(
    "path",
    [
        "/o/.well-known/openid-configuration",
        "/o/.well-known/openid-configuration/",
        "/o/token/.well-known/openid-configuration",
        f"{REALM}/.well-known/openid-configuration",
    ],
)
def test_every_discovered_endpoint_exists(path: str) -> None:
    found = _json(path)
    assert found["issuer"] == "http://127.0.0.1:8000/o"
    for name, address in found.items():
        if name.endswith("_endpoint") or name == "jwks_uri":
            here = address.removeprefix("http://127.0.0.1:8000")
            assert Client().get(here).status_code not in {404, 500}, name
    assert "password" not in found["grant_types_supported"]
    assert found["code_challenge_methods_supported"] == ["S256"]


def test_urls_do_not_depend_on_the_host_of_a_request(
    settings: Settings, telescope: Program
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    told = [
        Client(headers={"host": "evil.example"}).get(path).content.decode()
        for path in ("/o/.well-known/openid-configuration", REALM)
    ]
    telescope.browser = Client(headers={"host": "evil.example"})
    told += [str(telescope.codes().body)]
    assert not any("evil.example" in text for text in told)
    assert all("http://127.0.0.1:8000/" in text for text in told)


@pytest.mark.parametrize("path", ["/o/.well-known/jwks.json", f"{PROTOCOL}/certs"])
def test_the_published_keys_verify_tokens_and_are_public_keys(
    path: str, telescope: Program, person: User
) -> None:
    token = authorize_device(person, telescope)["access_token"]
    published = _json(path)
    (key,) = jwt.PyJWKSet.from_dict(published).keys
    jwt.decode(token, key.key, algorithms=["RS256"], issuer="http://127.0.0.1:8000/o")
    assert {*published["keys"][0]} == {"kty", "use", "alg", "kid", "n", "e"}


def test_the_realm_has_its_key_on_one_line(telescope: Program, person: User) -> None:
    realm = _json(REALM)
    key: Any = load_der_public_key(base64.b64decode(realm["public_key"]))
    token = authorize_device(person, telescope)["access_token"]
    jwt.decode(token, key, algorithms=["RS256"])
    assert realm["realm"] == "registry"
    assert realm["token-service"] == f"http://127.0.0.1:8000{PROTOCOL}"


@pytest.mark.parametrize("path", ["/auth/realms/other", "/auth/realms/", "/o/nothing"])
def test_other_realms_are_not_found(path: str) -> None:
    assert Client().get(path).status_code == 404


def test_the_realm_issues_tokens_as_keycloak_does(person: User) -> None:
    create_well_known_clients()
    program = Program("client-tools", base=PROTOCOL)
    program_codes = program.post("/auth/device", scopes="")
    assert program_codes.status == 200
    assert "verification_uri_complete" in program_codes.body


def test_the_well_known_clients_are_created_once() -> None:
    from oauth2_provider.models import Application

    for _ in range(2):
        create_well_known_clients()
    made = Application.objects.filter(client_id__in=WELL_KNOWN_CLIENTS)
    assert {one.client_id for one in made} == {*WELL_KNOWN_CLIENTS}
    assert {one.client_type for one in made} == {"public"}


@pytest.mark.parametrize(
    "path", ["/o/token", "/o/revoke", "/o/introspect", "/o/device-authorization"]
)
def test_only_forms_can_be_posted(path: str) -> None:
    for method in ("get", "put", "delete", "patch"):
        answer = getattr(Client(), method)(path)
        assert answer.status_code == 405
        assert "POST" in answer["Allow"]
    for body in (b"", b"{}", b"\xff\xfe", b"=&=&%zz", b"client_id=a&client_id=b"):
        form = "application/x-www-form-urlencoded"
        for kind in ("application/json", form):
            answer = Client().post(path, body, content_type=kind)
            assert answer.status_code in {400, 401, 405}, (body, kind)
            assert answer["Cache-Control"] == "no-store"
            assert "error" in answer.json()


@pytest.mark.parametrize("name", ["client_id", "code", "refresh_token", "token"])
def test_a_zero_byte_is_refused(telescope: Program, name: str) -> None:
    for path in ("/token", "/revoke", "/introspect", "/device-authorization"):
        for grant in ("authorization_code", "refresh_token"):
            answer = telescope.post(path, **{"grant_type": grant, name: "a\0b"})
            assert answer.outcome == (400, "invalid_request")


def test_no_cookie_is_set_for_programs(telescope: Program) -> None:
    telescope.codes()
    assert not telescope.browser.cookies
