"""The lists of links in a record leave out what is withdrawn, and is said of it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.client import Api, data_of, path_of, url_of
from tests.factories import (
    CodeRepoReleaseFactory,
    CodeRunFactory,
    DataProductFactory,
    ExternalObjectFactory,
    IssueFactory,
    KeywordFactory,
    LicenceFactory,
    ObjectComponentFactory,
    ObjectFactory,
    QualityControlledFactory,
)
from tests.plans import columns_of, multiply, plan_of, statements
from tests.withdrawing import withdraw

pytestmark = pytest.mark.django_db

#: Both versions of the API.
VERSIONS = pytest.mark.parametrize("version", ["1.0.0", "1.1.0"])


def _shown(record: Any, version: str) -> dict[str, Any]:
    """Return a record; alone and in a list it is the same."""
    accept = f"application/json; version={version}"
    alone: dict[str, Any] = data_of(Api().get(path_of(record), accept=accept))
    listed = data_of(Api().get(f"/api/{record.kind}/", accept=accept))["results"]
    assert alone in listed
    return alone


@VERSIONS
@pytest.mark.parametrize(
    "name, factory",
    [
        ("components", ObjectComponentFactory),
        ("data_products", DataProductFactory),
        ("licences", LicenceFactory),
        ("keywords", KeywordFactory),
    ],
)
def test_a_list_of_what_is_said_leaves_out_the_withdrawn(
    name: str, factory: Any, version: str
) -> None:
    item = ObjectFactory()
    kept, gone = factory(object=item), factory(object=item)
    assert url_of(gone) in _shown(item, version)[name]
    withdraw(gone)
    urls = _shown(item, version)[name]
    assert url_of(kept) in urls
    assert url_of(gone) not in urls


@VERSIONS
@pytest.mark.parametrize(
    "name, factory, link",
    [
        ("code_repo_release", CodeRepoReleaseFactory, "object"),
        ("quality_control", QualityControlledFactory, "object"),
        ("external_object", ExternalObjectFactory, "data_product"),
    ],
)
def test_a_link_to_what_is_said_is_null_once_that_is_withdrawn(
    name: str, factory: Any, link: str, version: str
) -> None:
    made = factory()
    item = getattr(made, link)
    assert _shown(item, version)[name] == url_of(made)
    withdraw(made)
    assert _shown(item, version)[name] is None


@VERSIONS
def test_what_happened_stays_in_the_lists(version: str) -> None:
    run = CodeRunFactory()
    part = run.inputs.get()
    issue = IssueFactory(component_issues=[part])
    for record in (part, issue):
        withdraw(record)
    assert _shown(run, version)["inputs"] == [url_of(part)]
    shown = data_of(Api().get(path_of(part)))
    assert shown["issues"] == [url_of(issue)]


def test_withdrawn_links_do_not_take_the_place_of_others() -> None:
    item = ObjectFactory()
    first = KeywordFactory(object=item)
    withdraw(first)
    # the copies are withdrawn as well
    multiply(first, 150)
    last = KeywordFactory(object=item)
    assert _shown(item, "1.1.0")["keywords"] == [url_of(last)]


@pytest.mark.postgres
def test_a_list_is_still_read_by_its_index() -> None:
    item = ObjectFactory()
    KeywordFactory(object=item)
    multiply(KeywordFactory(), 3000)
    with statements() as seen:
        data_of(Api().get("/api/object/", {"uuid": str(item.uuid)}))
    [(sql, params)] = [one for one in seen if "registry_keyword" in one[0]]
    plan = plan_of(sql, params)
    assert plan.rows["registry_keyword"] == 1
    [index] = plan.read_by["registry_keyword"]
    assert index is not None
    assert columns_of("registry_keyword", index)[0] == "object_id"
