"""Access checks of accounts, which other systems use."""

from __future__ import annotations

import pytest

from registry.identity.oauth.tokens import user_claims
from tests.api.client import Api, data_of
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

LEVELS = ("general", "read", "write", "admin")


def _path(level: str) -> str:
    return f"/api/check-access/{level}/"


@pytest.mark.parametrize(
    "roles, reached",
    [
        ([], 1),
        (["handle-admin", "sys-admin-write"], 1),
        (["entity-registry-read"], 2),
        (["entity-registry-write"], 3),
        (["entity-registry-read", "entity-registry-write"], 3),
        (["entity-registry-admin"], 4),
        (["sys-admin-admin"], 4),
    ],
)
def test_a_role_has_its_level_and_lower_ones(roles: list[str], reached: int) -> None:
    api = Api(UserFactory(roles=roles))
    answers = [api.get(_path(level)).status_code for level in LEVELS]
    assert answers == [200] * reached + [403] * (4 - reached)


def test_a_superuser_has_the_roles_of_their_tokens() -> None:
    person = UserFactory(is_superuser=True)
    roles = data_of(Api(person).get(_path("general")))["roles"]
    claims = user_claims(person, ["profile"])
    assert roles == sorted([*claims["groups"], *claims["realm_access"]["roles"]])
    assert "entity-registry-admin" in roles
    assert "iceprod-system" not in roles


def test_the_response_has_the_account_and_its_roles() -> None:
    roles = ["handle-read", "entity-registry-read"]
    person = UserFactory(username="ada", email="ada@example.org", roles=roles)
    assert data_of(Api(person).get(_path("read"))) == {
        "username": "ada",
        "email": "ada@example.org",
        "roles": ["entity-registry-read", "handle-read"],
    }


def test_a_missing_role_is_named() -> None:
    answer = Api(UserFactory()).get(_path("write"))
    assert "entity-registry-write" in data_of(answer, 403)["detail"]


@pytest.mark.parametrize("level", LEVELS)
def test_without_credentials_403_with_bad_ones_401(level: str) -> None:
    assert Api().get(_path(level)).status_code == 403
    answer = Api(authorization=f"token {'0' * 40}").get(_path(level))
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"]


def test_a_superuser_has_every_level() -> None:
    api = Api(UserFactory(is_superuser=True))
    assert {api.get(_path(level)).status_code for level in LEVELS} == {200}


def test_an_unknown_level_gets_404() -> None:
    assert Api(UserFactory()).get(_path("emperor")).status_code == 404
