"""E-mail addresses are seen by their owners and by administrators, and by nobody else.

Each place that shows people, or finds them, is tried with an account that may not see
the address of another.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from registry.identity.models import User
from registry.identity.roles import administrator_roles
from tests.api.client import Api, content_of, data_of, path_of, rows_of
from tests.factories import CodeRunFactory, DataProductFactory, UserFactory

pytestmark = pytest.mark.django_db

ADDRESS = "ada@secret.example.org"
USERS = "/api/users/"


@pytest.fixture
def ada() -> User:
    user: User = UserFactory(username="ada", email=ADDRESS)
    return user


@pytest.fixture
def other() -> User:
    user: User = UserFactory(username="bert", email="bert@example.org")
    return user


def _address_in(api: Api, user: User) -> list[str]:
    """Return the address of a person in their record and in the list."""
    listed = data_of(api.get(USERS, {"username": user.username}))["results"]
    return [record["email"] for record in (data_of(api.get(path_of(user))), *listed)]


def test_people_see_their_own_address_and_no_other(ada: User, other: User) -> None:
    assert _address_in(Api(ada), ada) == [ADDRESS] * 2
    assert _address_in(Api(other), ada) == [""] * 2
    assert _address_in(Api(other), other) == [other.email] * 2


@pytest.mark.parametrize("role", ["", *sorted(administrator_roles())])
def test_administrators_see_all_addresses(role: str, ada: User) -> None:
    boss = UserFactory(roles=[role]) if role else UserFactory(is_superuser=True)
    assert _address_in(Api(boss), ada) == [ADDRESS] * 2


def test_staff_and_holders_of_other_roles_see_no_addresses(ada: User) -> None:
    for one in (UserFactory(is_staff=True), UserFactory(roles=["sys-admin-write"])):
        assert _address_in(Api(one), ada) == [""] * 2


def test_no_choice_of_fields_shows_an_address(ada: User, other: User) -> None:
    api = Api(other)
    assert data_of(api.get(path_of(ada), {"fields": "email"})) == {"email": ""}
    listed = data_of(api.get(USERS, {"username": "ada", "fields": "email"}))["results"]
    assert listed == [{"email": ""}]
    assert "email" not in data_of(api.get(path_of(ada), {"omit": "email"}))


def test_csv_shows_no_address(ada: User, other: User) -> None:
    rows = rows_of(Api(other).get(USERS, {"format": "csv"}))
    assert {row["username"]: row["email"] for row in rows} == {
        "ada": "",
        "bert": other.email,
    }
    [row] = rows_of(Api(ada).get(USERS, {"format": "csv", "username": "ada"}))
    assert row["email"] == ADDRESS


@pytest.mark.parametrize(
    "query",
    [
        {"email": ADDRESS},
        {"email": ""},
        {"ordering": "email"},
        {"ordering": "username, -email"},
        {"ordering": "email", "format": "csv"},
    ],
)
def test_no_filter_and_no_order_finds_an_address_out(
    query: dict[str, str], ada: User, other: User
) -> None:
    for one in (ada, other):
        answer = Api(one).get(USERS, query)
        assert answer.status_code == 403
        assert "email: only administrators" in content_of(answer).decode()
    boss = Api(UserFactory(is_superuser=True))
    assert boss.get(USERS, query).status_code == 200


def test_the_filter_is_offered_to_administrators_only(ada: User) -> None:
    boss = UserFactory(is_superuser=True)
    # both orders, because the description is remembered
    for one in (ada, boss, ada):
        told = data_of(Api(one).call("OPTIONS", USERS))["filter_fields"]
        assert ("email" in told) == (one == boss)
    for one in (ada, boss):
        page = content_of(Api(one).get(USERS, {"format": "api"})).decode()
        assert ('name="email"' in page) == (one == boss)


def test_pages_of_the_api_show_no_address(ada: User, other: User) -> None:
    for path in (USERS, path_of(ada)):
        page = content_of(Api(other).get(path, {"format": "api"})).decode()
        assert "ada" in page
        assert ADDRESS not in page
        assert ADDRESS in content_of(Api(ada).get(path, {"format": "api"})).decode()


@pytest.mark.parametrize("text", [ADDRESS, "secret.example", "ada@"])
def test_no_search_finds_a_person_by_address(text: str, ada: User, other: User) -> None:
    client = Client()
    client.force_login(other)
    assert client.get("/suggest/users/", {"q": text}).json() == {"records": []}
    found = client.get("/search/", {"q": text}).content.decode()
    assert found.replace(text, "").count("ada@") == 0
    assert client.get("/suggest/users/", {"q": "ada"}).json()["records"]


def _exports(product: Any, run: Any) -> list[tuple[str, dict[str, str]]]:
    """Return the paths of documents and pages that name who registered something."""
    depth = {"depth": "all", "direction": "both"}
    return [
        (f"/api/prov-report/{product.pk}/", {"format": "json"}),
        (f"/api/prov-report/{product.pk}/", {"format": "xml"}),
        (f"/api/prov-report/{product.pk}/", {"format": "provn"}),
        (f"/api/prov-report/code_run/{run.pk}/", {"format": "json"}),
        (f"/api/ro-crate/data-product/{product.pk}/", {"depth": "all"}),
        (f"/api/ro-crate/code-run/{run.pk}/", {"depth": "all"}),
        (f"/api/lineage/data_product/{product.pk}/", depth),
        (f"/data_product/{product.pk}/", {}),
        (f"/code_run/{run.pk}/", {}),
        ("/api/code_run/", {"format": "csv"}),
    ]


def test_no_export_and_no_page_of_a_record_shows_an_address(
    ada: User, other: User
) -> None:
    product, run = DataProductFactory(by=ada), CodeRunFactory(by=ada)
    client = Client()
    client.force_login(other)
    for path, query in _exports(product, run):
        answer = client.get(path, query)
        assert answer.status_code == 200, (path, answer)
        assert ADDRESS not in content_of(answer).decode(), path


def test_events_with_addresses_are_for_administrators(ada: User, other: User) -> None:
    for one in (ada, other, UserFactory(is_staff=True)):
        client = Client()
        client.force_login(one)
        assert Api(one).get("/api/event/").status_code == 403
        for path in ("/event/", "/admin/registry/event/"):
            assert client.get(path).status_code in {302, 403}
