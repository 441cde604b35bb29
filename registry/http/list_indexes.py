"""Indexes of PostgreSQL for lists and search that models cannot declare.

They are made after each migration, so that new record types get them. SQLite has no
counterpart: it orders null values first, and has no index for the middle of a text.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from django.db import DatabaseError, connection, models, transaction

from registry.core.field_references import name_of
from registry.core.record_types import record_types
from registry.http.filters import filters_of_type
from registry.http.filters.fields import GlobFilter
from registry.http.pagination import orderable_fields

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

    from registry.core.record_types import RecordType

logger = logging.getLogger(__name__)

#: The extension with the index for the middle of a text. The owner of a database can
#: create it where its files are installed.
EXTENSION = "pg_trgm"


def install_list_indexes(**_: Any) -> None:
    """Create the indexes that are missing."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        known = set(connection.introspection.table_names(cursor))
        cursor.execute("SELECT indexname FROM pg_indexes")
        made = {name for (name,) in cursor.fetchall()}
        has_trigrams = _has_extension(cursor)
        for record_type in record_types():
            missing = {
                suffix: method
                for suffix, method in _wanted(
                    record_type, has_trigrams=has_trigrams
                ).items()
                if index_name(record_type.model, suffix) not in made
            }
            if missing and record_type.model._meta.db_table in known:
                _create_indexes(cursor, record_type, missing)


def _has_extension(cursor: CursorWrapper) -> bool:
    """Return whether there is the extension; create it where that is possible."""
    cursor.execute("SELECT 1 FROM pg_extension WHERE extname = %s", [EXTENSION])
    if cursor.fetchone():
        return True
    cursor.execute("SELECT 1 FROM pg_available_extensions WHERE name = %s", [EXTENSION])
    if cursor.fetchone() is None:
        return False
    try:
        with transaction.atomic():
            cursor.execute(f"CREATE EXTENSION IF NOT EXISTS {EXTENSION}")
    except DatabaseError as error:
        logger.warning("search stays slow without %s: %s", EXTENSION, error)
        return False
    return True


def _create_indexes(
    cursor: CursorWrapper, record_type: RecordType[Any], methods: Mapping[str, str]
) -> None:
    """Create indexes whose columns are there, by their names without the type."""
    model = record_type.model
    table = model._meta.db_table
    found = connection.introspection.get_table_description(cursor, table)
    columns = {column.name for column in found}
    for suffix, method in methods.items():
        column = suffix.rpartition("_")[0]
        if column in columns:
            cursor.execute(
                f'CREATE INDEX "{index_name(model, suffix)}" ON "{table}" '
                f"{method}".format(f'"{column}"')
            )


def _wanted(record_type: RecordType[Any], *, has_trigrams: bool) -> dict[str, str]:
    """Return what the indexes of a type are, by their names without the type."""
    model = record_type.model
    wanted = {
        f"{_column(model, name)}_last": "({0} DESC NULLS LAST, id DESC)"
        for name in _nulls_last(model)
    }
    if has_trigrams:
        wanted |= {
            f"{_column(model, name)}_trigrams": "USING gin ({0} gin_trgm_ops)"
            for name in searched_texts(record_type)
        }
    return wanted


def index_name(model: type[models.Model], suffix: str) -> str:
    """Return the name of an index, within PostgreSQL's limit."""
    return f"{model._meta.model_name}_{suffix}"[:63]


def _column(model: type[models.Model], name: str) -> str:
    field: Any = model._meta.get_field(name)
    return str(field.column)


def _nulls_last(model: type[models.Model]) -> Iterator[str]:
    """Yield the fields whose descending order no index of the model has.

    Long texts are left out, because they can exceed the size of an index entry.
    """
    for name in orderable_fields(model):
        field: Any = model._meta.get_field(name)
        if field.null and not isinstance(field, models.CharField):
            yield name


def searched_texts(record_type: RecordType[Any]) -> list[str]:
    """Return the fields that the search or a pattern looks through."""
    patterns = [
        str(one.field_name)
        for one in filters_of_type(record_type).filters.values()
        if isinstance(one, GlobFilter)
    ]
    return [*dict.fromkeys([*map(name_of, record_type.search_texts), *patterns])]
