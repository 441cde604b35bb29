"""Permissions in the admin."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from registry.core.models import Event
from registry.identity.services import create_user
from tests import factories
from tests.admin.browsing import (
    PASSWORD,
    add_path,
    change_path,
    fill_in,
    history_path,
    list_path,
    signed_in,
    staff,
    visit,
)
from tests.admin.checks import every_public_type, every_type

pytestmark = pytest.mark.django_db


def _paths(record: Any) -> list[str]:
    model = type(record)
    return [
        "/admin/",
        add_path(model),
        list_path(model),
        change_path(record),
        history_path(record),
        "/admin/autocomplete/",
        "/admin/password_change/",
    ]


def test_the_admin_requires_staff_or_a_role_that_lets_in() -> None:
    run = factories.CodeRunFactory.create()
    someone = create_user(
        username="anna", password=PASSWORD, roles=["entity-registry-write"]
    )
    for client in (Client(), signed_in(someone)):
        for path in _paths(run):
            answer: Any = client.get(path)
            assert answer.status_code == 302
            assert answer["Location"].startswith("/admin/login/?next=")
            assert client.post(path, {"description": "x"}).status_code == 302


def test_staff_can_sign_in_with_a_password(client: Client) -> None:
    staff("anna")
    form = {"username": "anna", "password": PASSWORD, "next": "/admin/"}
    answer: Any = client.post("/sign-in", form)
    assert (answer.status_code, answer["Location"]) == (302, "/admin/")
    assert "any permission" not in visit(client, "/admin/").text


def test_an_account_that_is_not_staff_gets_403(client: Client) -> None:
    create_user(username="anna", password=PASSWORD)
    form = {"username": "anna", "password": PASSWORD, "next": "/admin/"}
    answer: Any = client.post("/sign-in", form, follow=True)
    assert (answer.status_code, answer.redirect_chain[-1][0]) == (
        403,
        "/admin/login/?next=/admin/",
    )
    assert "You cannot do this" in answer.content.decode()


@pytest.mark.parametrize(
    "wanted, led_to",
    [
        ("/admin/registry/user/?q=a", "/admin/registry/user/?q=a"),
        ("https://evil.example/", "/admin/"),
        ("//evil.example/", "/admin/"),
        ("javascript:alert(1)", "/admin/"),
        ("", "/admin/"),
    ],
)
def test_the_admin_redirects_to_the_sign_in_page(wanted: str, led_to: str) -> None:
    answer: Any = Client().get("/admin/login/", {"next": wanted})
    assert answer.status_code == 302
    query = urlencode({"next": led_to}, safe="/")
    assert answer["Location"] == f"/sign-in?{query}"
    staff("anna")
    client = Client()
    form = {"username": "anna", "password": PASSWORD, "next": wanted}
    assert client.post("/sign-in", form)["Location"] in {led_to, "/"}
    answer = client.get("/admin/login/", {"next": wanted})
    assert (answer.status_code, answer["Location"]) == (302, led_to)


def test_guessing_a_password_locks_out(settings: Any) -> None:
    staff("anna")
    client = Client()
    for _ in range(settings.AXES_FAILURE_LIMIT):
        client.post("/sign-in", {"username": "anna", "password": "influenza"})
    form = {"username": "anna", "password": PASSWORD}
    assert client.post("/sign-in", form).status_code == 429
    assert client.get("/admin/").status_code == 302


def test_administrators_can_delete_failed_attempts(
    curator: Client, settings: Any
) -> None:
    staff("anna")
    for _ in range(settings.AXES_FAILURE_LIMIT):
        Client().post("/sign-in", {"username": "anna", "password": "influenza"})
    path = "/admin/axes/accessattempt/"
    assert "anna" in visit(curator, path).text
    [box] = visit(curator, path).soup.select("[name=_selected_action]")
    form = {"action": "delete_selected", "_selected_action": box["value"], "post": "y"}
    assert curator.post(path, form).status_code == 302
    answer = Client().post("/sign-in", {"username": "anna", "password": PASSWORD})
    assert answer.status_code == 302
    assert curator.get(f"{path}add/").status_code == 403


@every_type
@pytest.mark.slow
def test_staff_without_permissions_see_nothing(factory: Any) -> None:
    record = factory()
    client = signed_in(staff("anna"))
    for path in _paths(record)[1:5]:
        assert client.get(path).status_code == 403
    assert not visit(client, "/admin/").soup.select("#content-main a")


@every_public_type
@pytest.mark.slow
def test_view_permission_does_not_allow_changes(factory: Any) -> None:
    record = factory()
    client = signed_in(staff("anna", f"view_{record._meta.model_name}"))
    page = visit(client, change_path(record))
    assert not page.soup.select("#content input:not([type=hidden]), #content select")
    visit(client, list_path(type(record)))
    visit(client, history_path(record))
    assert client.post(change_path(record), {}).status_code == 403
    assert client.get(add_path(type(record))).status_code == 403
    # a version of a template links to the next one, which has the same type
    linked = {str(one["href"]) for one in page.soup.select(".related-lists a")}
    assert all(href.startswith(f"{list_path(type(record))}?") for href in linked)


@pytest.mark.parametrize(
    "factory", [factories.CodeRunFactory, factories.IssueFactory], ids=["run", "issue"]
)
def test_staff_can_change_only_their_own_records(factory: Any) -> None:
    name = factory._meta.model._meta.model_name
    anna = staff("anna", f"add_{name}", f"change_{name}", f"view_{name}")
    own, other = factory(by=anna), factory()
    client = signed_in(anna)
    form = visit(client, change_path(own)).form | {"description": ["Mine"]}
    assert client.post(change_path(own), form).status_code == 302
    assert client.post(change_path(other), form).status_code == 403
    own.refresh_from_db()
    other.refresh_from_db()
    assert own.description == "Mine" != other.description


def test_only_administrators_can_correct_records() -> None:
    anna = staff("anna", "add_keyword", "change_keyword", "view_object")
    keyword = factories.KeywordFactory.create(by=anna)
    client = signed_in(anna)
    assert "save" not in visit(client, change_path(keyword)).html.lower()
    assert client.post(change_path(keyword), {"keyphrase": "x"}).status_code == 403
    values = {"object": keyword.object, "keyphrase": "mumps"}
    assert fill_in(client, add_path(type(keyword)), values).status_code == 302
    assert Event.objects.latest("pk").by == anna


def test_staff_need_permission_to_delete_their_runs() -> None:
    anna, bert = staff("anna", "delete_coderun", "view_coderun"), staff("bert")
    own, other = (
        factories.CodeRunFactory.create(by=anna),
        factories.CodeRunFactory.create(by=bert),
    )

    def delete(client: Client, run: Any) -> int:
        path = change_path(run).replace("change", "delete")
        return client.post(path, {"post": "yes"}).status_code

    assert delete(signed_in(bert), other) == 403
    assert delete(signed_in(anna), other) == 403
    assert delete(signed_in(anna), own) == 302


def test_autocomplete_requires_view_permission() -> None:
    query = {
        "app_label": "registry",
        "model_name": "keyword",
        "field_name": "object",
        "term": "",
    }
    path = "/admin/autocomplete/"
    may_not = signed_in(staff("anna", "add_keyword"))
    assert may_not.get(path, query).status_code == 403
    may = signed_in(staff("bert", "add_keyword", "view_object"))
    assert may.get(path, query).status_code == 200
