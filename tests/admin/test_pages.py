"""Lists and forms work, with a constant number of queries."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from registry.core.models import Record
from tests import factories
from tests.admin.browsing import (
    add_path,
    change_path,
    history_path,
    list_path,
    visit,
)
from tests.admin.checks import assert_usable, each, every_type


@every_type
@pytest.mark.slow
def test_lists_and_forms_have_a_constant_number_of_queries(
    curator: Client, factory: Any
) -> None:
    record = factory()
    paths = [list_path(factory._meta.model), change_path(record), history_path(record)]
    visits = [lambda path=path: visit(curator, path) for path in paths]
    once = each(visits)
    for _ in range(29):
        factory()
    assert each(visits) == once
    assert max(once) <= 24


@every_type
@pytest.mark.slow
def test_pages_are_usable(curator: Client, factory: Any) -> None:
    record: Record = factory()
    factory()
    for path in (
        list_path(type(record)),
        add_path(type(record)),
        change_path(record),
        history_path(record),
    ):
        assert_usable(visit(curator, path))


@pytest.mark.parametrize("size", [1, 30])
@pytest.mark.slow
def test_many_links_need_no_more_queries(curator: Client, size: int) -> None:
    item = factories.ObjectFactory.create(
        authors=[factories.AuthorFactory.create() for _ in range(size)]
    )
    for _ in range(size):
        factories.KeywordFactory.create(object=item)
        factories.ObjectComponentFactory.create(object=item)
    run = factories.CodeRunFactory.create(inputs=list(item.components.all()))
    visits = [lambda one=one: visit(curator, change_path(one)) for one in (item, run)]
    assert each(visits) == [24, 24]


def test_a_record_links_to_records_that_refer_to_it(curator: Client) -> None:
    keyword = factories.KeywordFactory.create()
    page = visit(curator, change_path(keyword.object))
    [row] = page.soup.select(".related-lists tr:has(a:-soup-contains('Keywords'))")
    listed, added = (str(link["href"]) for link in row.select("a"))
    assert next(cell.get_text() for cell in row.select("td")) == "1"
    assert keyword.keyphrase in visit(curator, listed).text
    assert visit(curator, added).form["object"] == [str(keyword.object_id)]


def test_a_record_links_to_its_api_address(curator: Client) -> None:
    run = factories.CodeRunFactory.create()
    [link] = visit(curator, change_path(run)).soup.select(
        ".object-tools a:-soup-contains('API')"
    )
    assert curator.get(str(link["href"])).json()["uuid"] == str(run.uuid)
