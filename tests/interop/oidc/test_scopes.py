"""What an access token can read and write with its scopes."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from registry.identity.models import User
from registry.identity.oauth.scopes import SCOPES
from registry.identity.requests import request_role
from tests.factories import (
    ExternalObjectFactory,
    FileTypeFactory,
    GroupFactory,
    UserFactory,
)
from tests.files import COUNTS, keep, place, product, sha1_of
from tests.interop.oidc.issuer import Program, authorize_device, claims_of_token

pytestmark = pytest.mark.django_db

SHA1 = sha1_of(COUNTS)
#: Every set of one or two scopes, except the one that gets the defaults.
GRANTED = [
    " ".join(some)
    for size in (1, 2)
    for some in combinations(SCOPES, size)
    if some != ("offline_access",)
]
#: URLs for people with an account, or for administrators.
ACCOUNT_URLS = [
    *("/api/users/", "/api/groups/", "/api/role_request/", "/api/event/"),
    *(f"/api/check-access/{level}/" for level in ("general", "read", "write", "admin")),
    "/api/username/",
]
#: URLs that return only data of the requesting account.
OWN_ACCOUNT_URLS = tuple(
    path for path in ACCOUNT_URLS if "access" in path or "username" in path
)


@pytest.fixture
def boss() -> User:
    """Return a person who can read everything."""
    boss: User = UserFactory(is_superuser=True)
    GroupFactory()
    request_role(role="private-data-read", reason="To read.", by=UserFactory())
    return boss


def _get(token: str, path: str, **headers: str) -> Any:
    client = Client(headers={"authorization": f"Bearer {token}", **headers})
    return client.get(path)


@pytest.mark.parametrize("scope", GRANTED)
def test_only_the_scope_read_allows_reading_about_people(
    telescope: Program, boss: User, scope: str
) -> None:
    token = authorize_device(boss, telescope, scope=scope)["access_token"]
    held = set(scope.split())
    for path in ACCOUNT_URLS:
        enough = {"read", "profile"} if path in OWN_ACCOUNT_URLS else {"read"}
        answer = _get(token, path)
        assert answer.status_code == (200 if held & enough else 403), path
        if answer.status_code == 403:
            assert "was not given the scope" in answer.json()["detail"]
            assert 'error="insufficient_scope"' in answer["WWW-Authenticate"]


@pytest.mark.parametrize("path", ["users", "groups", "role_request", "event"])
def test_records_about_people_need_the_scope_as_their_lists_do(
    telescope: Program, boss: User, path: str
) -> None:
    read = authorize_device(boss, telescope, scope="read")["access_token"]
    (first, *_) = _get(read, f"/api/{path}/").json()["results"]
    address = first["url"].removeprefix("http://testserver")
    assert _get(read, address).status_code == 200
    profile = authorize_device(boss, telescope, scope="profile write")["access_token"]
    for accept in ("*/*", "text/html", "text/csv"):
        assert _get(profile, address, accept=accept).status_code == 403


@pytest.fixture
def private_paths(settings: Settings, tmp_path: Path, boss: User) -> list[str]:
    """Return the URLs of a private file of ``boss``."""
    settings.STORE_DIR = tmp_path / "store"
    keep(by=boss)
    here = product(place(SHA1, by=boss, public=False), name="here", by=boss)
    external = ExternalObjectFactory.create(
        data_product=here, alternate_identifier="bmj", title="In bed", by=boss
    )
    return [
        f"/data/{SHA1}",
        f"/data_product/{here.namespace.name}:{here.name}@{here.version}",
        f"/external_object/bmj:In bed@{external.version}",
    ]


@pytest.mark.parametrize("scope", GRANTED)
@pytest.mark.slow
def test_private_files_are_read_with_the_scope_read_alone(
    telescope: Program, boss: User, private_paths: list[str], scope: str
) -> None:
    token = authorize_device(boss, telescope, scope=scope)["access_token"]
    expected = 200 if "read" in scope.split() else 403
    for path in private_paths:
        answer = _get(token, path)
        assert answer.status_code == expected, path
        if expected == 200:
            assert answer.getvalue() == COUNTS


def test_public_records_need_no_scope(telescope: Program, boss: User) -> None:
    made = FileTypeFactory()
    token = authorize_device(boss, telescope, scope="openid")["access_token"]
    for path in ("/api/", "/api/file_type/", f"/api/file_type/{made.pk}/"):
        assert _get(token, path).status_code == 200


def test_the_email_address_needs_its_scope(telescope: Program, boss: User) -> None:
    for scope, told in (
        ("profile", ""),
        ("profile email", boss.email),
        ("read", boss.email),
    ):
        token = authorize_device(boss, telescope, scope=scope)["access_token"]
        assert _get(token, "/api/check-access/general/").json()["email"] == told


@pytest.mark.parametrize("scope", GRANTED)
def test_a_token_has_the_claims_that_its_scopes_allow(
    telescope: Program, boss: User, scope: str
) -> None:
    claims = claims_of_token(
        authorize_device(boss, telescope, scope=scope)["access_token"]
    )
    held = set(scope.split())
    names = {"preferred_username", "name", "groups", "realm_access", "resource_access"}
    assert names & set(claims) == (names if "profile" in held else set())
    assert ("email" in claims) == ("email" in held)
