"""Look-ups by many ids in one statement."""

from __future__ import annotations

import pytest
from pytest_django import DjangoAssertNumQueries

from registry.catalogue.models import Author, Keyword
from registry.core.lookups import existing_ids
from tests.factories import AuthorFactory, KeywordFactory

pytestmark = pytest.mark.django_db

BIGGEST = 2**63 - 1


def test_of_any_number_of_ids_those_that_exist_are_found(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    ids = {AuthorFactory().pk for _ in range(3)}
    keyword = KeywordFactory().pk
    wanted = [*ids, 0, *range(10**6, 10**6 + 5000), BIGGEST]
    with django_assert_num_queries(1):
        found = existing_ids({Author: wanted, Keyword: [keyword, keyword + 1]})
    assert sorted(found[Author]) == sorted(ids)
    assert found[Keyword] == [keyword]


def test_of_no_ids_nothing_is_asked(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(0):
        assert existing_ids({}) == {}
