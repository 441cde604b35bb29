"""Writing down what was done. Called by services, inside their transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connection
from django.utils import timezone

from registry.core.context import address, client
from registry.core.lookups import wanted_ids
from registry.core.models import Event

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from django.contrib.auth.models import AbstractBaseUser

_INSERT = (
    f"INSERT INTO {Event._meta.db_table} "  # noqa: S608
    "(kind, record_id, action, by_id, client, address, at, changes, subject, detail) "
    "SELECT %s, wanted.id, %s, CAST(%s AS bigint), %s, %s, %s, %s, %s, %s FROM "
)


def record_events(
    kind: str,
    record_ids: Iterable[int],
    action: Event.Action,
    *,
    by: AbstractBaseUser | None,
    changes: Mapping[str, tuple[Any, Any]] | None = None,
) -> None:
    """Write one event for each record, in one statement."""
    source, ids = wanted_ids(record_ids)
    json = connection.ops.adapt_json_value
    values = [
        kind,
        action.value,
        by.pk if by is not None else None,
        client.get(),
        address.get(),
        connection.ops.adapt_datetimefield_value(timezone.now()),
        json(dict(changes or {}), None),
        "",
        json({}, None),
    ]
    with connection.cursor() as cursor:
        cursor.execute(_INSERT + source, [*values, ids])
