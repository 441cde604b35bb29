"""Queries that are compiled once."""

from __future__ import annotations

import pytest
from pytest_django import DjangoAssertNumQueries

from registry.catalogue.models import Author
from registry.core.compiled import CompiledQuery
from tests.factories import AuthorFactory

pytestmark = pytest.mark.django_db

COLUMNS = ("pk", "name", "uuid", "last_updated")


def test_each_value_finds_its_rows_as_django_does() -> None:
    by_name = CompiledQuery(
        lambda name: Author.objects.filter(name=name).values_list(*COLUMNS),
        example="nobody",
    )
    for name in ("Ada", "Grace"):
        AuthorFactory(name=name)
        expected = Author.objects.filter(name=name).values_list(*COLUMNS)
        assert by_name.rows(name) == list(expected) != []
    assert by_name.rows("nobody") == []


def test_an_id_finds_one_row_in_one_statement(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    by_id = CompiledQuery(
        lambda pk: Author.objects.filter(pk=pk).values_list("name"), example=4242
    )
    ids = [AuthorFactory(name=name).pk for name in ("Ada", "Grace")]
    with django_assert_num_queries(2):
        assert [by_id.rows(pk) for pk in ids] == [[("Ada",)], [("Grace",)]]


def test_a_query_without_the_value_is_refused() -> None:
    everybody = CompiledQuery(lambda _: Author.objects.values_list("pk"), example=4242)
    with pytest.raises(ValueError, match="4242 is not a parameter"):
        everybody.rows(1)
