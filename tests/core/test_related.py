"""Related rows are selected in one statement for all rows."""

from __future__ import annotations

import pytest
from pytest_django import DjangoAssertNumQueries

from registry.catalogue.models import (
    DataProduct,
    Keyword,
    Object,
    ObjectComponent,
    QualityControlled,
)
from registry.core.compiled import CompiledQuery
from registry.core.related import RelatedFlag, RelatedId, RelatedIds, RelatedQuery
from tests.factories import (
    DataProductFactory,
    KeywordFactory,
    ObjectComponentFactory,
    ObjectFactory,
    QualityControlledFactory,
)

pytestmark = pytest.mark.django_db

KEYWORDS = Keyword._meta.db_table


def test_lists_are_complete_or_limited_at_either_end() -> None:
    first, second, third = (ObjectFactory() for _ in range(3))
    ids = [KeywordFactory(object=first).pk for _ in range(3)]
    other = KeywordFactory(object=second).pk
    query = RelatedQuery(
        [
            RelatedIds(KEYWORDS, "object_id", "id"),
            RelatedIds(KEYWORDS, "object_id", "id", most=2, newest_first=True),
            RelatedIds(KEYWORDS, "object_id", "id", most=2),
        ]
    )
    assert query.fetch([third.pk, first.pk, second.pk]) == {
        first.pk: (ids, [ids[2], ids[1]], ids[:2]),
        second.pk: ([other], [other], [other]),
        third.pk: ([], [], []),
    }


def test_no_rows_or_lists_need_no_statement(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    lists = [RelatedIds(KEYWORDS, "object_id", "id")]
    with django_assert_num_queries(0):
        assert RelatedQuery(lists).fetch([]) == {}
        assert RelatedQuery([]).fetch([1, 2]) == {}


def test_rows_are_selected_with_their_lists(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    item, bare = ObjectFactory(), ObjectFactory()
    ids = [KeywordFactory(object=item).pk for _ in range(2)]
    lists = RelatedQuery([RelatedIds(KEYWORDS, "object_id", "id")])
    by_id = CompiledQuery(
        lambda pk: Object.objects.filter(pk=pk).values_list("pk", "uuid"),
        example=4242,
        add_columns=lambda statement: lists.with_related_columns(statement, 2),
    )
    with django_assert_num_queries(2):
        [(pk, uuid, *cells)], [(_, _, *none)] = by_id.rows(item.pk), by_id.rows(bare.pk)
    assert (pk, uuid, lists.read(cells)) == (item.pk, item.uuid, (ids,))
    assert lists.read(none) == ([],)


def test_a_statement_without_lists_is_unchanged() -> None:
    assert RelatedQuery([]).with_related_columns("SELECT 1", 1) == "SELECT 1"


def test_a_flag_is_computed_from_rows_with_the_same_link() -> None:
    plain, structured = DataProductFactory(), DataProductFactory()
    ObjectComponentFactory(object=structured.object)
    empty = DataProductFactory()
    empty.object.components.all().delete()
    parts = RelatedFlag(DataProduct, ObjectComponent, "object", "whole_object")
    assert RelatedQuery([parts]).fetch([plain.pk, structured.pk, empty.pk]) == {
        plain.pk: (False,),
        structured.pk: (True,),
        empty.pk: (False,),
    }


def test_a_reverse_one_to_one_link_is_an_id_or_none() -> None:
    checked, unchecked = QualityControlledFactory(), ObjectFactory()
    other = RelatedId(QualityControlled._meta.db_table, "object_id", "id")
    assert RelatedQuery([other]).fetch([checked.object_id, unchecked.pk]) == {
        checked.object_id: (checked.pk,),
        unchecked.pk: (None,),
    }
