"""Write events. Services call these functions inside their transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connection
from django.utils import timezone

from registry.core.context import address, client
from registry.core.lookups import ids_source
from registry.core.models import Event
from registry.core.verbs import CREATED, VERBS, Verb

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

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
    _insert_events({kind: record_ids}, verb, by=by, about=(changes, subject, detail))


def record_created(
    records: Mapping[str, Iterable[int]], *, by: AbstractBaseUser | None
) -> None:
    """Write a "created" event for each record; ``records`` maps kinds to ids."""
    _insert_events(records, CREATED, by=by, about=(None, "", None))


def _insert_events(
    records: Mapping[str, Iterable[int]],
    verb: Verb,
    *,
    by: AbstractBaseUser | None,
    about: _About,
) -> None:
    json = connection.ops.adapt_json_value
    changes, subject, detail = about
    values = [
        VERBS.require(verb).name,
        by.pk if by is not None else None,
        client.get(),
        address.get(),
        connection.ops.adapt_datetimefield_value(timezone.now()),
        json(dict(changes or {}), None),
        subject[:MAX_SUBJECT],
        json(dict(detail or {}), None),
    ]
    done, parameters = _records_source(records)
    with connection.cursor() as cursor:
        cursor.execute(_INSERT + done, [*values, *parameters])


def _records_source(records: Mapping[str, Iterable[int]]) -> tuple[str, list[Any]]:
    """Return SQL with the columns ``done.kind`` and ``done.id``, and its parameters."""
    selects, parameters = [], []
    for kind, ids in records.items():
        source, wanted = ids_source(ids)
        selects.append(f"SELECT CAST(%s AS text) AS kind, wanted.id FROM {source}")  # noqa: S608
        parameters += [kind, wanted]
    return f"({' UNION ALL '.join(selects)}) AS done", parameters
