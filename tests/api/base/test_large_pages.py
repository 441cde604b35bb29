"""Pages of records with very long texts have fewer records, but omit none."""

from __future__ import annotations

import csv
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from registry.http import pagination
from registry.http.pagination import PAGE_BYTES
from tests.api.client import Api, data_of, rows_of
from tests.factories import ExternalObjectFactory, IssueFactory, ObjectFactory

pytestmark = pytest.mark.django_db

LIST = "/api/issue/"
#: As long as a description can be, in characters of two bytes.
LONGEST = "é" * 2**20
FIT = PAGE_BYTES // (2 * 2**20)


def _issues(number: int) -> list[str]:
    """Register issues with long descriptions; return the descriptions, newest first."""
    texts = [f"{LONGEST[:-3]}{at:03}" for at in range(number)]
    for text in texts:
        IssueFactory(description=text, component_issues=[])
    return texts[::-1]


def _walk(api: Api, address: str | None, way: str = "next") -> list[Any]:
    pages = []
    while address:
        pages.append(data_of(api.get(address)))
        address = pages[-1][way]
    return pages


def test_a_page_of_long_texts_is_shorter_and_next_continues() -> None:
    texts = _issues(2 * FIT + 1)
    pages = _walk(Api(), f"{LIST}?page_size=1000")
    assert [len(page["results"]) for page in pages] == [FIT, FIT, 1]
    assert {page["count"] for page in pages} == {len(texts)}
    shown = [one["description"] for page in pages for one in page["results"]]
    assert shown == texts
    back = _walk(Api(), pages[-1]["previous"], "previous")
    assert [len(page["results"]) for page in back] == [FIT, FIT]
    assert back[-1]["results"] == pages[0]["results"]


def test_csv_has_all_long_texts() -> None:
    csv.field_size_limit(2**22)
    texts = _issues(FIT + 2)
    IssueFactory(description="short", component_issues=[])
    rows = rows_of(Api().get(LIST, {"format": "csv"}))
    assert [row["description"] for row in rows] == ["short", *texts]


def test_a_record_larger_than_a_page_is_one_page(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("registry.api.base.viewsets.PAGE_BYTES", 1000)
    assert pagination.PAGE_BYTES == PAGE_BYTES
    texts = _issues(2)
    pages = _walk(Api(), LIST)
    assert [[one["description"] for one in p["results"]] for p in pages] == [
        [text] for text in texts
    ]


def test_long_texts_need_two_further_statements(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    ObjectFactory(description="x" * 8193)
    short = ObjectFactory(description="é" * 8192)
    with django_assert_num_queries(4):
        page = data_of(Api().get("/api/object/"))
    assert page["results"][0]["description"] == short.description
    assert page["results"][1]["description"] == "x" * 8193
    with django_assert_num_queries(2):
        data_of(Api().get("/api/object/", {"omit": "description"}))


def test_only_the_texts_of_the_page_are_read() -> None:
    ExternalObjectFactory(description=None)
    ExternalObjectFactory(description="x" * 9000)
    page = data_of(Api().get("/api/external_object/", {"fields": "title,description"}))
    assert [one["description"] for one in page["results"]] == ["x" * 9000, None]
    assert all(one["title"] for one in page["results"])
