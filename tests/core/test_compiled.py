"""Queries that are compiled once."""

from __future__ import annotations

import pytest
from django.db.models import F
from pytest_django import DjangoAssertNumQueries

from registry.catalogue.models import Author, DataProduct
from registry.core.compiled import CompiledByIds, CompiledQuery, CompiledRecords
from registry.core.lookups import IdIn, TextIn, encode_ids, encode_texts
from tests.factories import AuthorFactory, DataProductFactory

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


def test_several_values_each_have_their_place() -> None:
    first, second = DataProductFactory.create(), DataProductFactory.create()
    by_both = CompiledByIds(
        lambda ids, objects: DataProduct.objects.filter(
            IdIn("pk", ids), IdIn("object", objects)
        ).values_list("pk")
    )
    ids = [first.pk, second.pk]
    assert by_both.rows(ids, [second.object_id]) == [(second.pk,)]
    assert by_both.rows([first.pk], [second.object_id]) == []


def test_records_come_with_their_links_and_annotations(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    of_name = CompiledRecords(
        lambda ids: (
            DataProduct.objects.filter(IdIn("pk", ids))
            .select_related("namespace")
            .annotate(title=F("name"))
            .order_by("pk")
        ),
        encode_ids([-1]),
    )
    products = [DataProductFactory.create(), DataProductFactory.create()]
    for wanted in (products, products[:1], []):
        spaces = [one.namespace for one in wanted]
        with django_assert_num_queries(1):
            found = of_name.records(encode_ids(one.pk for one in wanted))
            assert [one.namespace for one in found] == spaces
        assert found == wanted
        assert [one.title for one in found] == [one.name for one in wanted]
    assert of_name.first(encode_ids([products[1].pk])) == products[1]
    assert of_name.first(encode_ids([])) is None


@pytest.mark.parametrize("text", ["Ada", "ünïcode 🐟", '"', "\\", "%s", "{}", "' OR 1"])
def test_texts_are_found_as_they_are_whatever_is_in_them(text: str) -> None:
    author = AuthorFactory.create(name=text)
    AuthorFactory.create(name="somebody else")
    for texts in ([text], ["nobody", text], [text, "\0", "\ud800"]):
        named = Author.objects.filter(TextIn("name", encode_texts(texts)))
        assert list(named) == [author]
    assert not Author.objects.filter(TextIn("name", encode_texts(["\0"]))).exists()
