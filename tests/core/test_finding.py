"""Finding rows of several tables by values of one field each, in one statement."""

from __future__ import annotations

import uuid

import pytest
from pytest_django import DjangoAssertNumQueries

from registry.catalogue.models import Author, Keyword
from registry.core.finding import Wanted, find_rows
from tests.factories import AuthorFactory, KeywordFactory

pytestmark = pytest.mark.django_db

BIGGEST = 2**63 - 1


def test_existing_rows_are_found_for_any_number_of_values(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    authors = [AuthorFactory() for _ in range(3)]
    keyword = KeywordFactory().pk
    ids = [*(one.pk for one in authors), 0, *range(10**6, 10**6 + 5000), BIGGEST]
    texts = [authors[0].identifier, "it's", 'a "quoted" one', "100%", "ünknown"]
    wanted = [
        Wanted(Author, "id", ids),
        Wanted(Keyword, "id", [keyword, keyword + 1]),
        Wanted(Author, "uuid", [uuid.uuid4(), authors[1].uuid]),
        Wanted(Author, "identifier", texts),
    ]
    with django_assert_num_queries(1):
        found = find_rows(wanted)
    assert sorted(found) == sorted(
        [
            *((0, one.pk, one.pk) for one in authors),
            (1, keyword, keyword),
            (2, authors[1].uuid, authors[1].pk),
            (3, authors[0].identifier, authors[0].pk),
        ]
    )
