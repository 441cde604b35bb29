"""Lists of links in a record have a limit, except for older clients."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.client import HOST, Api, data_of, path_of, rows_of
from tests.factories import (
    DataProductFactory,
    IssueFactory,
    KeywordFactory,
    LicenceFactory,
    ObjectComponentFactory,
    ObjectFactory,
    UserFactory,
)
from tests.plans import link, multiply

pytestmark = pytest.mark.django_db

#: The version of the API whose clients know no addresses of whole lists.
OLD = "application/json; version=1.0.0"
#: Of each list: what it is of, its factory, and the address of all of it.
LISTS = [
    ("components", ObjectComponentFactory, "object_component/?object="),
    ("data_products", DataProductFactory, "data_product/?object="),
    ("licences", LicenceFactory, "licence/?object="),
    ("keywords", KeywordFactory, "keyword/?object="),
]


def _urls(kind: str, ids: list[int]) -> list[str]:
    return [f"{HOST}/api/{kind}/{pk}/" for pk in ids]


def _of(name: str, factory: Any, number: int) -> tuple[Any, list[str]]:
    """Return an object with this many records in a list, and their addresses."""
    item = ObjectFactory()
    made = factory(object=item)
    multiply(made, number - getattr(item, name).count())
    ids = [*getattr(item, name).order_by("pk").values_list("pk", flat=True)]
    assert len(ids) == number
    return item, _urls(made.kind, ids)


@pytest.mark.parametrize("name, factory, address", LISTS)
def test_an_object_has_the_first_100_links_and_the_address_of_all(
    name: str, factory: Any, address: str
) -> None:
    item, urls = _of(name, factory, 102)
    for shown in (
        data_of(Api().get(path_of(item))),
        data_of(Api().get(path_of(item), accept="application/json; version=1.1.0")),
        data_of(Api().get("/api/object/", {"uuid": str(item.uuid)}))["results"][0],
    ):
        assert shown[name] == urls[:100]
        assert shown[f"{name}_url"] == f"{HOST}/api/{address}{item.pk}"
    page = data_of(Api().get(f"{shown[f'{name}_url']}&page_size=1000"))
    assert [one["url"] for one in page["results"]] == urls[::-1]


@pytest.mark.parametrize("name, factory, address", LISTS)
def test_version_1_0_0_has_complete_lists_without_addresses(
    name: str, factory: Any, address: str
) -> None:
    item, urls = _of(name, factory, 102)
    for shown in (
        data_of(Api().get(path_of(item), accept=OLD)),
        data_of(Api().get("/api/object/", accept=OLD))["results"][0],
    ):
        assert shown[name] == urls
        assert not any(key.endswith("_url") for key in shown)


def test_a_component_has_its_first_100_issues_and_the_address_of_all() -> None:
    part = ObjectComponentFactory(issues=[])
    ids = multiply(IssueFactory(component_issues=[]), 102)
    link(
        "registry_objectcomponent_issues",
        "objectcomponent_id",
        part.pk,
        "issue_id",
        ids,
    )
    shown = data_of(Api().get(path_of(part)))
    assert shown["issues"] == _urls("issue", ids)[:100]
    assert shown["issues_url"] == f"{HOST}/api/issue/?component_issues={part.pk}"
    assert data_of(Api().get(shown["issues_url"]))["count"] == 102
    old = data_of(Api().get(path_of(part), accept=OLD))
    assert old["issues"] == _urls("issue", ids)
    assert "issues_url" not in old


def test_a_client_can_put_a_complete_list_back() -> None:
    parts = multiply(ObjectComponentFactory(issues=[]), 150)
    person = UserFactory()
    issue = IssueFactory(component_issues=parts, by=person)
    api = Api(person)
    record = data_of(api.get(path_of(issue)))
    data_of(api.call("PUT", path_of(issue), {**record, "severity": 5}))
    assert issue.component_issues.count() == 150


def test_an_object_with_many_links_is_a_small_response() -> None:
    item = ObjectFactory()
    for factory in (KeywordFactory, LicenceFactory, DataProductFactory):
        multiply(factory(object=item), 20_000)
    multiply(ObjectComponentFactory(object=item, issues=[]), 20_000)
    assert len(Api().get(path_of(item)).content) < 50_000
    assert len(Api().get("/api/object/").content) < 50_000


def test_fields_of_another_version_cannot_be_selected() -> None:
    item = ObjectFactory()
    query = {"fields": "keywords_url"}
    assert list(data_of(Api().get(path_of(item), query))) == ["keywords_url"]
    refused = Api().get(path_of(item), query, accept=OLD)
    assert list(data_of(refused, 400)) == ["fields"]


def test_csv_has_the_lists_of_its_version() -> None:
    _of("keywords", KeywordFactory, 102)
    [row] = rows_of(Api().get("/api/object/", accept="text/csv"))
    assert len(row["keywords"].split()) == 100
    [row] = rows_of(Api().get("/api/object/", accept="text/csv; version=1.0.0"))
    assert len(row["keywords"].split()) == 102
    assert "keywords_url" not in row


def test_a_bulk_response_has_the_requested_version() -> None:
    answer = Api(UserFactory()).post("/api/object/", [{}, {}], accept=OLD)
    assert not any("keywords_url" in record for record in data_of(answer, 201))
