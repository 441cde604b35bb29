"""Every order of a list has an index, and so has every text that is searched."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, models

from registry.core.record_types import record_type_named
from registry.http.keyset import order_from_cursor
from registry.http.list_indexes import (
    EXTENSION,
    index_name,
    install_list_indexes,
    searched_texts,
)
from registry.http.pagination import orderable_fields, parse_ordering
from registry.search.names import contains_every_word
from tests.every_type import every_kind

pytestmark = [pytest.mark.django_db, pytest.mark.postgres, pytest.mark.slow]

#: Long texts by which lists can be ordered without an index: one entry of an index can
#: be smaller than the text.
WITHOUT = {"description", "value", "website", "name", "title", "original_store"}
#: Types of which there are so few that their lists are sorted as a whole.
FEW = {"backend", "backend_grant", "run_request"}


@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize("kind", [one for one in every_kind() if one.id not in FEW])
def test_the_first_page_of_each_order_is_read_from_an_index(
    kind: str, sign: str
) -> None:
    model = record_type_named(kind).model
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
    sorting = {
        name: _sorts(model, name, descending=bool(sign))
        for name in orderable_fields(model)
    }
    without = {name for name, sorts in sorting.items() if sorts}
    assert without <= {n for n in without if _is_long_text(model, n)}


def _is_long_text(model: Any, name: str) -> bool:
    field = model._meta.get_field(name)
    return isinstance(field, models.CharField) and (field.null or name in WITHOUT)


def _sorts(model: Any, name: str, *, descending: bool) -> bool:
    """Return whether the database has to sort all rows for an order."""
    keys = parse_ordering(f"-{name}" if descending else name, model)
    page = order_from_cursor(model.objects.not_withdrawn(), keys, None)[:100]
    with connection.cursor() as cursor:
        sql, parameters = page.query.sql_with_params()
        cursor.execute(f"EXPLAIN {sql}", parameters)
        plan = [line for (line,) in cursor.fetchall()]
    return any(line.lstrip(" ->").startswith("Sort  (") for line in plan)


@pytest.mark.parametrize("kind", every_kind())
def test_searched_texts_have_trigrams_where_the_database_has_them(kind: str) -> None:
    record_type = record_type_named(kind)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM pg_available_extensions WHERE name = %s", [EXTENSION]
        )
        is_available = cursor.fetchone() is not None
        cursor.execute(
            "SELECT indexname FROM pg_indexes WHERE indexname LIKE '%trigr%'"
        )
        found = {name for (name,) in cursor.fetchall()}
    wanted = {
        index_name(record_type.model, f"{name}_trigrams")
        for name in searched_texts(record_type)
    }
    assert (wanted & found) == (wanted if is_available else set())
    if wanted and is_available:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            matches = contains_every_word(["mortality"], searched_texts(record_type))
            rows = record_type.model.objects.order_by().filter(matches)
            sql, parameters = rows.query.sql_with_params()
            cursor.execute(f"EXPLAIN {sql}", parameters)
            assert "trigrams" in str(cursor.fetchall())


def test_indexes_are_not_made_twice() -> None:
    install_list_indexes()
    install_list_indexes()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_indexes WHERE indexname = %s",
            ["object_file_type_id_last"],
        )
        assert cursor.fetchone() == (1,)
