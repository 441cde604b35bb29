"""The content of the measured registry: objects with their related records, and runs.

Everything is derived from row numbers, so that each run of the benchmark measures the
same registry. Objects are versions of data products on one storage root; each code run
reads the outputs of the run before it.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from django.db import models
from psycopg import sql

from registry import models as tables
from registry.core.models import Event, Record
from registry.core.versions import version_key

Rows = Iterable[Sequence[Any]]
Connection = psycopg.Connection[Any]

#: Id of the storage root of all objects; the registry's own root has the first id.
ROOT = 101
#: Versions of each data product.
VERSIONS = 10
NAMESPACES = 10
AUTHORS = 200
REPOSITORIES = 50
FILE_TYPES = ("csv", "toml", "yaml", "h5", "png")
SUBJECTS = ("human", "cattle", "school", "weather", "river")
MEASURES = ("population", "mortality", "contacts", "rainfall", "temperature")

_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Size:
    """The numbers of objects and code runs."""

    objects: int
    runs: int


def product_name(number: int) -> str:
    """Return the name of an object's data product; ten objects are its versions."""
    name = (number - 1) // VERSIONS
    subject = SUBJECTS[name % len(SUBJECTS)]
    measure = MEASURES[name // len(SUBJECTS) % len(MEASURES)]
    return f"{subject}/{measure}/{name:05d}"


def version_of_object(number: int) -> str:
    """Return the version of an object's data product."""
    return f"1.{(number - 1) % VERSIONS}.0"


def namespace_of_object(number: int) -> int:
    """Return the id of the namespace of an object's data product."""
    return (number - 1) // VERSIONS % NAMESPACES + 1


def sha1(number: int) -> str:
    """Return the SHA-1 of an object's file."""
    return hashlib.sha1(str(number).encode(), usedforsecurity=False).hexdigest()


def load_content(connection: Connection, user: int, size: Size) -> None:
    """Fill an empty registry with records of this user."""
    with connection.transaction():
        for model, names, rows in _record_rows(size):
            _copy_rows(connection, model, names, _with_registration(rows, user))
        for table, columns, links in _link_rows(size):
            _copy_rows(connection, table, columns, links)
        for model in {model for model, _, _ in _record_rows(size)}:
            _write_events(connection, model, user)
            _continue_ids(connection, model)
    # as autovacuum would have done in a registry that has grown over years
    connection.execute("VACUUM ANALYZE")


def _record_rows(size: Size) -> Iterator[tuple[type[Record], str, Rows]]:
    """Yield each record type with its own columns and its rows."""
    numbers = range(1, size.objects + 1)
    yield from _referenced_rows()
    yield (
        tables.StorageLocation,
        "id path hash public storage_root_id",
        (
            (n, f"{product_name(n)}/{version_of_object(n)}.csv", sha1(n), True, ROOT)
            for n in numbers
        ),
    )
    yield (
        tables.Object,
        "id storage_location_id description file_type_id uuid",
        (
            (
                n,
                n,
                f"Number {n} of the objects",
                n % len(FILE_TYPES) + 1,
                _uuid_of_row(n),
            )
            for n in numbers
        ),
    )
    yield (
        tables.ObjectComponent,
        "id object_id name whole_object",
        _component_rows(size),
    )
    names = "id namespace_id name version version_key object_id"
    yield tables.DataProduct, names, _product_rows(size)
    yield (
        tables.Keyword,
        "id object_id keyphrase",
        ((n, n, SUBJECTS[n % len(SUBJECTS)]) for n in numbers),
    )
    yield (
        tables.CodeRepoRelease,
        "id object_id name version version_key",
        (
            (n, n, f"model-{n}", "1.0.0", version_key("1.0.0"))
            for n in numbers[:REPOSITORIES]
        ),
    )
    yield (
        tables.CodeRun,
        "id run_date description code_repo_id model_config_id "
        "submission_script_id uuid",
        _run_rows(size),
    )


def _referenced_rows() -> Iterator[tuple[type[Record], str, Rows]]:
    """Yield the few records that objects refer to."""
    yield (
        tables.FileType,
        "id name extension",
        ((n, f"Format {name}", name) for n, name in enumerate(FILE_TYPES, 1)),
    )
    yield (
        tables.Author,
        "id name identifier uuid",
        (
            (n, f"Author {n}", f"https://example.org/people/{n}", _uuid_of_row(-n))
            for n in range(1, AUTHORS + 1)
        ),
    )
    yield (
        tables.StorageRoot,
        "id root local",
        ((ROOT + n, f"https://{n}.example.org/data/", False) for n in range(5)),
    )
    yield (
        tables.Namespace,
        "id name full_name closed",
        ((n, f"group-{n}", f"Group {n}", False) for n in range(1, NAMESPACES + 1)),
    )


def _component_rows(size: Size) -> Iterator[tuple[Any, ...]]:
    """Yield the whole-object component of each object, and one of every tenth."""
    for n in range(1, size.objects + 1):
        yield n, n, "whole_object", True
    for n in range(1, size.objects // 10 + 1):
        yield size.objects + n, n * 10, "table", False


def _product_rows(size: Size) -> Iterator[tuple[Any, ...]]:
    keys = {
        version_of_object(n): version_key(version_of_object(n))
        for n in range(1, VERSIONS + 1)
    }
    for n in range(1, size.objects + 1):
        v = version_of_object(n)
        yield n, namespace_of_object(n), product_name(n), v, keys[v], n


def _run_rows(size: Size) -> Iterator[tuple[Any, ...]]:
    for n in range(1, size.runs + 1):
        repository = n % min(REPOSITORIES, size.objects) + 1
        script = size.objects - n % (size.objects // 2)
        began = _EPOCH + timedelta(minutes=n)
        yield n, began, f"Run {n}", repository, script, script, _uuid_of_row(n)


def _link_rows(size: Size) -> Iterator[tuple[type[models.Model], str, Rows]]:
    """Yield the rows that link objects to authors and runs to components."""
    yield (
        tables.Object.authors.through,
        "object_id author_id",
        ((n, n % AUTHORS + 1) for n in range(1, size.objects + 1)),
    )
    runs = range(1, size.runs + 1)
    yield (
        tables.CodeRun.inputs.through,
        "coderun_id objectcomponent_id",
        (link for n in runs if n > 1 for link in _link_pair(n, n - 1, size)),
    )
    yield (
        tables.CodeRun.outputs.through,
        "coderun_id objectcomponent_id",
        (link for n in runs for link in _link_pair(n, n, size)),
    )


def _link_pair(run: int, writer: int, size: Size) -> Iterator[tuple[int, int]]:
    """Yield links of a run to the two output components of a run."""
    for component in (2 * writer - 1, 2 * writer):
        yield run, (component - 1) % size.objects + 1


def _with_registration(rows: Rows, user: int) -> Iterator[tuple[Any, ...]]:
    """Add the user and the time of registration; rows are a second apart."""
    for row in rows:
        yield *row, user, user, _EPOCH + timedelta(seconds=row[0])


def _copy_rows(
    connection: Connection, model: type[models.Model], names: str, rows: Rows
) -> None:
    columns = names.split()
    if issubclass(model, Record):
        columns += ["registered_by_id", "updated_by_id", "last_updated"]
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(model._meta.db_table),
        sql.SQL(", ").join(map(sql.Identifier, columns)),
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def _write_events(connection: Connection, model: type[Record], user: int) -> None:
    """Insert the events that the services would have recorded."""
    connection.execute(
        sql.SQL(
            "INSERT INTO {} (kind, record_id, action, by_id, client, address, at, "
            "changes, subject, detail) SELECT %s, id, 'created', %s, 'bench', "
            "'127.0.0.1', last_updated, '{{}}', '', '{{}}' FROM {}"
        ).format(
            sql.Identifier(Event._meta.db_table), sql.Identifier(model._meta.db_table)
        ),
        [model.kind, user],
    )


def _continue_ids(connection: Connection, model: type[Record]) -> None:
    """Set the id sequence after the inserted ids."""
    table = model._meta.db_table
    connection.execute(
        sql.SQL(
            "SELECT setval(pg_get_serial_sequence({}, 'id'), max(id)) FROM {}"
        ).format(sql.Literal(table), sql.Identifier(table))
    )


def _uuid_of_row(number: int) -> uuid.UUID:
    return uuid.uuid5(uuid.NAMESPACE_OID, str(number))
