"""Write events. Services call these functions inside their transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import connection
from django.utils import timezone

from registry.core.context import address, client
from registry.core.lookups import PREPARE_HINT, ids_source
from registry.core.models import Event
from registry.core.verbs import CREATED, VERBS, Verb

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from django.contrib.auth.models import AbstractBaseUser

    #: The changes, the subject and the details of events.
    _About = tuple[Mapping[str, tuple[Any, Any]] | None, str, Mapping[str, Any] | None]

#: The longest subject of an event, in characters.
MAX_SUBJECT = 200
_INSERT = (
    f"INSERT INTO {Event._meta.db_table} "  # noqa: S608
    "(kind, record_id, action, by_id, client, address, at, changes, subject, detail) "
    "SELECT done.kind, done.id, %s, CAST(%s AS bigint), %s, %s, %s, %s, %s, %s FROM "
)


def record_events(
    kind: str,
    record_ids: Iterable[int],
    verb: Verb,
    *,
    by: AbstractBaseUser | None,
    changes: Mapping[str, tuple[Any, Any]] | None = None,
    subject: str = "",
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write one event for each record, in one statement.

    ``subject`` is cut to the length of the column. Raises ``ValueError`` for a verb
    that is not declared.
    """
    about = (changes, subject, detail)
    _insert_events({kind: record_ids}, VERBS.require(verb), by=by, about=about)


class Inserting(NamedTuple):
    """A statement that inserts rows; of records, whose kind it has, it returns ids."""

    kind: str | None
    sql: str
    parameters: Sequence[Any]


def record_created(
    records: Mapping[str, Iterable[int]],
    *,
    by: AbstractBaseUser | None,
    inserting: Sequence[Inserting] = (),
) -> None:
    """Write a "created" event for each record; ``records`` maps kinds to ids.

    On PostgreSQL, the same statement can insert further rows.
    """
    about = (None, "", None)
    _insert_events(records, CREATED, by=by, about=about, inserting=inserting)


def _insert_events(
    records: Mapping[str, Iterable[int]],
    verb: Verb,
    *,
    by: AbstractBaseUser | None,
    about: _About,
    inserting: Sequence[Inserting] = (),
) -> None:
    json = connection.ops.adapt_json_value
    changes, subject, detail = about
    values = [
        verb.name,
        by.pk if by is not None else None,
        client.get(),
        address.get(),
        connection.ops.adapt_datetimefield_value(timezone.now()),
        json(dict(changes or {}), None),
        subject[:MAX_SUBJECT],
        json(dict(detail or {}), None),
    ]
    before, first = _before(inserting)
    done, parameters = _records_source(records, inserting)
    with connection.cursor() as cursor:
        cursor.execute(before + _INSERT + done, [*first, *values, *parameters])


def _before(inserting: Sequence[Inserting]) -> tuple[str, list[Any]]:
    """Return SQL that inserts rows before the events, and its parameters."""
    if not inserting:
        return "", []
    parts = [f"new{number} AS ({one.sql})" for number, one in enumerate(inserting)]
    parameters = [value for one in inserting for value in one.parameters]
    return f"{PREPARE_HINT}WITH {', '.join(parts)} ", parameters


def _records_source(
    records: Mapping[str, Iterable[int]], inserting: Sequence[Inserting]
) -> tuple[str, list[Any]]:
    """Return SQL with the columns ``done.kind`` and ``done.id``, and its parameters."""
    selects: list[str] = []
    parameters: list[Any] = []
    for kind, ids in records.items():
        source, wanted = ids_source(ids)
        selects.append(f"SELECT CAST(%s AS text) AS kind, wanted.id FROM {source}")  # noqa: S608
        parameters += [kind, wanted]
    for number, one in enumerate(inserting):
        if one.kind is not None:
            selects.append(f"SELECT CAST(%s AS text), new{number}.id FROM new{number}")  # noqa: S608
            parameters.append(one.kind)
    return f"({' UNION ALL '.join(selects)}) AS done", parameters
