"""The API in a browser: a page for every address, for everybody."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from registry.api import urls
from registry.core.record_types import record_types
from registry.identity.models import User
from tests import factories
from tests.api.client import Api

pytestmark = pytest.mark.django_db

FACTORIES: dict[str, Any] = {
    made._meta.model.kind: made
    for made in vars(factories).values()
    if hasattr(getattr(getattr(made, "_meta", None), "model", None), "kind")
}
#: Private records are there for some people only.
PRIVATE = {one.kind for one in record_types() if one.is_private}
KINDS = [name for name in urls.router.names if name not in {"groups", *PRIVATE}]
PAGE = {"accept": "text/html"}


@pytest.fixture
def user() -> User:
    made: User = factories.UserFactory.create()
    return made


def soup_of(answer: Any) -> BeautifulSoup:
    assert answer["Content-Type"] == "text/html; charset=utf-8"
    return BeautifulSoup(answer.content, "html.parser")


@pytest.mark.parametrize("kind", KINDS)
def test_everybody_can_view_lists_and_records(client: Client, kind: str) -> None:
    record = FACTORIES[kind]()
    expected = 403 if kind == "users" else 200
    for path in (f"/api/{kind}/", f"/api/{kind}/{record.pk}/"):
        answer = client.get(path, headers=PAGE)
        assert answer.status_code == expected
        assert not soup_of(answer).find("textarea")


@pytest.mark.parametrize("kind", KINDS)
def test_signed_in_users_see_forms(user: User, kind: str) -> None:
    record = FACTORIES[kind]()
    api = Api(user, **PAGE)
    page = soup_of(api.get(f"/api/{kind}/"))
    assert bool(page.find("textarea")) == (kind != "users")
    assert api.get(f"/api/{kind}/{record.pk}/").status_code == 200


@pytest.mark.parametrize("kind", KINDS)
def test_errors_are_pages(user: User, kind: str) -> None:
    api = Api(user, **PAGE)
    pk = FACTORIES[kind]().pk
    for method, path, status in (
        ("GET", f"/api/{kind}/?nonsense=1", 400),
        ("GET", f"/api/{kind}/?cursor=nonsense", 404),
        ("GET", f"/api/{kind}/{pk}/?omit=nonsense", 400),
        ("GET", f"/api/{kind}/{pk + 1000}/", 404),
        ("TRACE", f"/api/{kind}/", 405),
    ):
        answer = api.call(method, path)
        assert answer.status_code == status, path
        soup_of(answer)


@pytest.mark.parametrize("content_type", ["application/json", "text/xml"])
@pytest.mark.parametrize("query", ["", "?fields=nonsense"])
def test_an_invalid_body_shows_a_page(
    user: User, content_type: str, query: str
) -> None:
    api = Api(user, **PAGE)
    answer = api.send("POST", f"/api/issue/{query}", b"\xff{", content_type)
    assert answer.status_code in {400, 415}
    assert soup_of(answer).find("textarea")


def test_refused_data_can_be_corrected(user: User) -> None:
    body = {"name": "no*stars"}
    page = soup_of(Api(user, **PAGE).post("/api/namespace/", body))
    field = page.find("textarea")
    assert field is not None
    assert "no*stars" in field.text


def test_the_form_of_a_record_has_all_fields(user: User) -> None:
    made = factories.IssueFactory.create(registered_by=user)
    for query in ("", "?fields=url", "?omit=description"):
        page = soup_of(Api(user, **PAGE).get(f"/api/issue/{made.pk}/{query}"))
        field = page.find("textarea")
        assert field is not None
        assert f'"description": "{made.description}"' in field.text
        assert '"component_issues"' in field.text


def test_an_empty_form_has_valid_initial_values(user: User) -> None:
    page = soup_of(Api(user, **PAGE).get("/api/storage_location/"))
    field = page.find("textarea")
    assert field is not None
    assert '"public": true' in field.text
    assert '"path": ""' in field.text


def test_a_page_has_a_constant_number_of_queries(user: User) -> None:
    api = Api(user, **PAGE)
    factories.KeywordFactory.create()
    few = _queries(api)
    factories.KeywordFactory.create_batch(5)
    assert _queries(api) == few


def _queries(api: Api) -> int:
    with CaptureQueriesContext(connection) as queries:
        api.get("/api/keyword/")
    return len(queries)


def test_lists_show_filters_as_text_inputs(client: Client) -> None:
    page = soup_of(client.get("/api/data_product/?name=a*", headers=PAGE))
    named = page.find("input", {"name": "name"})
    assert named is not None
    assert named["value"] == "a*"
    assert not page.find("select", {"name": "namespace"})


def test_the_form_keeps_every_value_of_a_filter(client: Client) -> None:
    answer = client.get("/api/code_run/?inputs=11&inputs=17", headers=PAGE)
    fields = soup_of(answer).select(".filters input[name=inputs]")
    assert [field["value"] for field in fields] == ["11", "17"]


def test_pages_have_the_content_security_policy(client: Client) -> None:
    answer = client.get("/api/object/", headers=PAGE)
    assert "unsafe" not in answer["Content-Security-Policy"]
    page = soup_of(answer)
    assert not page.find(style=True)
    assert not page.find("style")
    assert not [script for script in page("script") if not script.get("src")]
