"""Each role does what its description says, and nothing that it does not say.

``CASES`` has a check for every role, of what people are told that it allows. A new role
without a check fails.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from registry.identity.accounts import change_user
from registry.identity.models import User
from registry.identity.oauth.tokens import user_claims
from registry.identity.roles import (
    ROLES,
    administrator_roles,
    curator_roles,
    is_curator,
)
from tests.api.client import Api, content_of, data_of, path_of
from tests.factories import CodeRunFactory, UserFactory
from tests.files import COUNTS, keep, place, product, sha1_of

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).parents[1]
#: Whether a person may do each of some things.
Allowed = dict[str, bool]
Check = Callable[[User], Allowed]


def _browser(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def _has_levels(person: User, *levels: str) -> Allowed:
    return {
        level: Api(person).get(f"/api/check-access/{level}/").status_code == 200
        for level in levels
    }


def _administers(person: User) -> Allowed:
    """Try what the description of an administrator says."""
    api, browser = Api(person), _browser(person)
    run = CodeRunFactory()
    change = api.call("PATCH", path_of(run), {"description": "better"})
    asked = data_of(
        Api(UserFactory()).post(
            "/api/role_request/", {"role": "handle-read", "reason": "I need it."}
        ),
        201,
    )
    decision = asked["url"].removeprefix("http://testserver") + "decision/"
    account = UserFactory()
    form = f"/admin/registry/user/{account.pk}/change/"
    return {
        "change what others registered": change.status_code == 200,
        "grant roles": api.post(decision, {"state": "granted"}).status_code == 200,
        "read the audit trail": api.get("/api/event/").status_code == 200,
        "read its page": browser.get("/event/").status_code == 200,
        "enter the administration": browser.get("/admin/").status_code == 200,
        "change accounts": 'name="roles"' in browser.get(form).content.decode(),
        **_has_levels(person, "read", "write", "admin"),
    }


def _curates(person: User) -> Allowed:
    page = f"/admin/registry/coderun/{CodeRunFactory().pk}/change/"
    browser = _browser(person)
    return {
        "is a curator": is_curator(person),
        "enter the administration": browser.get("/admin/").status_code == 200,
        "see records there": browser.get(page).status_code == 200,
    }


def _reads_private_data(person: User) -> Allowed:
    answer = Api(person).get(f"/data/{sha1_of(COUNTS)}")
    content_of(answer)
    return {"download private data of others": answer.status_code == 200}


def _read_by(system: str) -> Check:
    """Return the check of a role that allows something in another system only.

    Tokens and `check-access` name it, and that is all.
    """

    def check(person: User) -> Allowed:
        claims = user_claims(person, ["profile"])
        told = data_of(Api(person).get("/api/check-access/general/"))["roles"]
        return {
            f"{system} reads it in a token": any(
                [*claims["realm_access"]["roles"], *claims["groups"]]
            ),
            f"{system} is told of it": bool(told),
        }

    return check


#: What each role allows, by what people are told.
CASES: dict[str, Check] = {
    "entity-registry-read": lambda person: _has_levels(person, "read"),
    "entity-registry-write": lambda person: _has_levels(person, "read", "write"),
    "entity-registry-admin": _administers,
    "sys-admin-admin": _administers,
    "curator": _curates,
    "private-data-read": _reads_private_data,
    **dict.fromkeys(
        (
            *("sys-admin-read", "sys-admin-write", "handle-read", "handle-write"),
            *("handle-admin", "job-service-read", "job-service-write"),
            "job-service-admin",
        ),
        _read_by("Provena"),
    ),
    **dict.fromkeys(
        (
            *("/institutions/IceCube", "/posix/simprod-submit", "/posix/i3filter"),
            *("/tokens/IceProdAdmins", "iceprod-system"),
        ),
        _read_by("IceProd"),
    ),
}
#: Everything that roles allow here.
HERE = (
    *(_administers, _curates, _reads_private_data),
    lambda person: _has_levels(person, "read", "write", "admin"),
)


@pytest.fixture(autouse=True)
def _private_file(settings: Settings, tmp_path: Path) -> None:
    settings.STORE_DIR = tmp_path / "store"
    owner = UserFactory()
    keep(by=owner)
    product(place(sha1_of(COUNTS), by=owner, public=False), by=owner)


def test_each_role_has_a_case() -> None:
    assert set(CASES) == set(ROLES)


@pytest.mark.parametrize("name", ROLES)
def test_a_role_allows_what_it_says_to_its_holders_alone(name: str) -> None:
    check = CASES[name]
    allowed = check(UserFactory(roles=[name]))
    assert allowed == dict.fromkeys(allowed, True)
    refused = check(UserFactory())
    assert refused == dict.fromkeys(allowed, False)


@pytest.mark.parametrize("name", ROLES)
def test_a_role_of_another_system_says_so_and_allows_nothing_here(name: str) -> None:
    person, meaning = UserFactory(roles=[name]), ROLES[name].meaning
    is_elsewhere = meaning.startswith(("In Provena: ", "In IceProd: "))
    allowed = [word for check in HERE for word, may in check(person).items() if may]
    assert is_elsewhere == (not allowed), (meaning, allowed)


@pytest.mark.parametrize("name", sorted(administrator_roles()))
def test_administrators_may_what_all_other_roles_allow_here(name: str) -> None:
    person = UserFactory(roles=[name])
    for check in HERE:
        allowed = check(person)
        assert allowed == dict.fromkeys(allowed, True)


@pytest.mark.parametrize("name", ROLES)
def test_a_lost_role_is_lost_at_once(name: str) -> None:
    person = UserFactory(roles=[name])
    browser, api = _browser(person), Api(person)
    let_in = name in administrator_roles() | curator_roles()
    assert (browser.get("/admin/").status_code == 200) == let_in
    change_user(person.pk, {"groups": []}, by=UserFactory(is_superuser=True))
    assert browser.get("/admin/").status_code == 302
    assert browser.get("/admin/", follow=True).status_code == 403
    assert api.get("/api/event/").status_code == 403
    assert data_of(api.get("/api/check-access/general/"))["roles"] == []


def test_each_role_is_in_the_guide() -> None:
    guide = (ROOT / "docs/guide/signing-in.md").read_text(encoding="utf-8")
    assert [name for name in ROLES if f"`{name}`" not in guide] == []
