"""Search and filters of lists in the admin."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from registry.core.models import Event
from tests import factories
from tests.admin.browsing import (
    change_path,
    list_path,
    visit,
)
from tests.admin.checks import assert_usable, every_type


@every_type
@pytest.mark.slow
def test_search_finds_records_by_id_address_and_uuid(
    curator: Client, factory: Any
) -> None:
    first, second = factory(), factory()
    by = [first.pk, f"https://registry.example.org/api/{first.kind}/{first.pk}/"]
    if hasattr(first, "uuid"):
        by.append(first.uuid)
    for term in by:
        found = visit(curator, list_path(type(first)), q=str(term))
        links = {str(link["href"]) for link in found.soup.select("#result_list th a")}
        assert any(change_path(first) in link for link in links), term
        if str(term) != str(first.pk):
            assert not any(change_path(second) in link for link in links), term


@every_type
def test_search_accepts_any_words(curator: Client, factory: Any) -> None:
    factory()
    page = visit(curator, list_path(factory._meta.model), q="no such words '%_\\")
    assert not page.soup.select("#result_list th")


@pytest.mark.parametrize(
    "factory, field",
    [
        (factories.AuthorFactory, "name"),
        (factories.CodeRepoReleaseFactory, "name"),
        (factories.CodeRunFactory, "description"),
        (factories.DataProductFactory, "name"),
        (factories.ExternalObjectFactory, "title"),
        (factories.FileTypeFactory, "extension"),
        (factories.IssueFactory, "description"),
        (factories.KeyValueFactory, "value"),
        (factories.KeywordFactory, "keyphrase"),
        (factories.LicenceFactory, "licence_info"),
        (factories.NamespaceFactory, "full_name"),
        (factories.ObjectComponentFactory, "name"),
        (factories.ObjectFactory, "description"),
        (factories.StorageLocationFactory, "hash"),
        (factories.StorageRootFactory, "root"),
    ],
    ids=lambda value: value if isinstance(value, str) else value._meta.model.kind,
)
def test_search_finds_records_by_words(
    curator: Client, factory: Any, field: str
) -> None:
    record, _ = factory(), factory()
    text = f'"{getattr(record, field)}"' if field != "hash" else record.hash[:12]
    if field == "description" and factory is factories.ObjectFactory:
        text = record.description
    if factory is factories.ObjectComponentFactory:
        text = record.name
    page = visit(curator, list_path(type(record)), q=text)
    assert len(page.soup.select("#result_list tbody tr")) == 1


def test_search_finds_objects_by_product_and_hash(curator: Client) -> None:
    item, _ = factories.ObjectFactory.create(), factories.ObjectFactory.create()
    product = factories.DataProductFactory.create(object=item)
    for term in (product.name, item.storage_location.hash):
        page = visit(curator, list_path(type(item)), q=term)
        assert len(page.soup.select("#result_list tbody tr")) == 1


def test_search_finds_components_by_object(curator: Client) -> None:
    product, _ = (
        factories.DataProductFactory.create(),
        factories.DataProductFactory.create(),
    )
    component = product.object.components.get()
    page = visit(curator, list_path(type(component)), q=product.name)
    assert len(page.soup.select("#result_list tbody tr")) == 1


def test_lists_can_be_filtered_by_links(curator: Client) -> None:
    keyword, _ = factories.KeywordFactory.create(), factories.KeywordFactory.create()
    path = list_path(type(keyword))
    page = visit(curator, path, object__id__exact=keyword.object_id)
    assert len(page.soup.select("#result_list tbody tr")) == 1
    assert f"object {keyword.object_id}" in page.text
    assert_usable(page)
    # the form of the filter, sent with nothing chosen
    page = visit(curator, path, object__id__exact="", q="influenza")
    assert len(page.soup.select("#result_list tbody tr")) == 2


def test_a_filter_keeps_other_filters(curator: Client) -> None:
    keyword = factories.KeywordFactory.create()
    page = visit(curator, list_path(type(keyword)), q="influenza", p=1)
    kept = page.soup.select(".link-filter input[type=hidden]")
    assert [(one["name"], one["value"]) for one in kept] == [("q", "influenza")]


def test_an_invalid_filter_is_removed(curator: Client) -> None:
    path = list_path(factories.KeywordFactory._meta.model)
    answer = curator.get(path, {"object__id__exact": "seven"})
    assert (answer.status_code, answer["Location"]) == (302, f"{path}?e=1")


def test_search_finds_events_by_record_person_and_kind(curator: Client) -> None:
    ada = factories.UserFactory.create(username="ada")
    run, other = (
        factories.CodeRunFactory.create(by=ada),
        factories.CodeRunFactory.create(),
    )
    for query in (
        {"q": f"code run {run.pk}".replace(" run", "_run")},
        {"q": f"http://testserver/api/code_run/{run.pk}/"},
        {"q": "ada"},
        {"by__id__exact": ada.pk},
        {"kind": "code_run", "q": "ada"},
    ):
        page = visit(curator, list_path(Event), **query)
        rows = page.soup.select("#result_list tbody tr")
        assert rows
        assert all(f"code run {run.pk}" in row.get_text() for row in rows), query
        assert not page.soup.select(f"#result_list a[href='{change_path(other)}']")
