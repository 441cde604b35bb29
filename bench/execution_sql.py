"""The writes of claims and reports by bare SQL, to compare with.

The same rows are written in as many transactions: for a claim the states of tasks, the
attempts, a note of the numbers and an event, for a report also the code runs.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone


def write_batches(batch: int, number: int) -> None:
    """Write claims and reports of so many tasks, so many in a transaction.

    The tasks are those of the last request, which executors did before.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, run_request_id FROM registry_task "
            "WHERE run_request_id = (SELECT max(id) FROM registry_runrequest) "
            "ORDER BY random() LIMIT %s",
            [number],
        )
        rows = cursor.fetchall()
        cursor.execute("SELECT max(id) FROM registry_user")
        [user] = cursor.fetchone()
        cursor.execute("SELECT max(id) FROM registry_backend")
        [backend] = cursor.fetchone()
    for at in range(0, len(rows), batch):
        some = rows[at : at + batch]
        with transaction.atomic(), connection.cursor() as cursor:
            leases = _claim(cursor, some, user, backend)
        with transaction.atomic(), connection.cursor() as cursor:
            _report(cursor, some, leases, user, backend)
    connection.close()


def _claim(
    cursor: Any, rows: Sequence[tuple[int, int]], user: int, backend: int
) -> list[Any]:
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    _set_state(cursor, rows, "leased")
    leases = [uuid.uuid4() for _ in rows]
    keys = [one.hex if connection.vendor == "sqlite" else one for one in leases]
    cursor.executemany(
        "INSERT INTO registry_attempt (task_id, number, lease, batch, backend_id, "
        "executor_id, host, state, stage, leased_at, leased_until, ended, error, "
        "usage) "
        "SELECT %s, 1 + max(number), %s, '', %s, %s, 'bare', 'done', '', %s, %s, %s, "
        "'', '{}' FROM registry_attempt WHERE task_id = %s",
        [
            (pk, key, backend, user, now, now, now, pk)
            for (pk, _), key in zip(rows, keys, strict=True)
        ],
    )
    _note(cursor, rows, "ready", "leased")
    _event(cursor, user, backend, now)
    return keys


def _report(
    cursor: Any,
    rows: Sequence[tuple[int, int]],
    leases: Sequence[Any],
    user: int,
    backend: int,
) -> None:
    moment = timezone.now()
    now = connection.ops.adapt_datetimefield_value(moment)
    before = connection.ops.adapt_datetimefield_value(moment - timedelta(seconds=1))
    _set_state(cursor, rows, "done")
    cursor.executemany(
        "UPDATE registry_attempt SET exit_code = 0, started = %s WHERE lease = %s",
        [(now, lease) for lease in leases],
    )
    uuids = [uuid.uuid4() for _ in rows]
    keys = [one.hex if connection.vendor == "sqlite" else one for one in uuids]
    cursor.executemany(
        "INSERT INTO registry_coderun (registered_by_id, updated_by_id, last_updated, "
        "run_date, end_date, description, failed, uuid) "
        "VALUES (%s, %s, %s, %s, %s, 'one', %s, %s)",
        [(user, user, now, before, now, False, key) for key in keys],
    )
    _note(cursor, rows, "leased", "done")
    for _ in range(2):
        _event(cursor, user, backend, now)


def _set_state(cursor: Any, rows: Sequence[tuple[int, int]], state: str) -> None:
    marks = ", ".join(["%s"] * len(rows))
    ids = sorted(pk for pk, _ in rows)
    if connection.vendor == "postgresql":
        cursor.execute(
            f"SELECT id FROM registry_task WHERE id IN ({marks}) "
            "ORDER BY id FOR NO KEY UPDATE",
            ids,
        )
    cursor.execute(
        f"UPDATE registry_task SET state = %s WHERE id IN ({marks})",
        [state, *ids],
    )


def _note(
    cursor: Any, rows: Sequence[tuple[int, int]], before: str, after: str
) -> None:
    request, number = rows[0][1], len(rows)
    cursor.executemany(
        "INSERT INTO registry_taskcount (run_request_id, name, state, number) "
        "VALUES (%s, 'one', %s, %s)",
        [(request, before, -number), (request, after, number)],
    )


def _event(cursor: Any, user: int, backend: int, now: Any) -> None:
    cursor.execute(
        "INSERT INTO registry_event (kind, record_id, action, by_id, client, address, "
        "at, changes, subject, detail) "
        "VALUES ('backend', %s, 'tasks_claimed', %s, '', '', %s, '{}', '', '{}')",
        [backend, user, now],
    )
