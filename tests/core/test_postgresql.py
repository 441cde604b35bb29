"""Plans that PostgreSQL keeps, and connections that are kept between requests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, connections
from django.db.backends.postgresql.base import DatabaseWrapper

from registry.catalogue.models import Keyword
from registry.core.postgresql import PREPARE_HINT, base

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Return a connection as between two requests, checked before its next use."""
    other: Any = connections.create_connection("default")
    monkeypatch.setitem(other.settings_dict, "CONN_HEALTH_CHECKS", True)
    other.ensure_connection()
    yield other
    other.close()


def _next_request(kept: Any) -> int:
    """Begin another request; return which server process answers."""
    kept.close_if_unusable_or_obsolete()
    with kept.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def _asked(kept: Any, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Note each time that the server is asked whether it is there."""
    asked: list[bool] = []

    def ask(self: Any) -> bool:
        asked.append(True)
        return True

    monkeypatch.setattr(DatabaseWrapper, "is_usable", ask)
    return asked


def test_a_connection_in_use_is_not_asked_about_each_time(
    kept: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = _next_request(kept)
    asked = _asked(kept, monkeypatch)
    assert {_next_request(kept) for _ in range(3)} == {first}
    assert asked == []


def test_a_connection_that_rested_is_asked_about(
    kept: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    _next_request(kept)
    asked = _asked(kept, monkeypatch)
    monkeypatch.setattr(base, "TRUSTED", 0)
    _next_request(kept)
    assert asked == [True]


def test_a_connection_that_the_server_ended_is_made_anew(kept: Any) -> None:
    first = _next_request(kept)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [first])
    assert _next_request(kept) != first


def test_a_closed_connection_is_made_anew(kept: Any) -> None:
    first = _next_request(kept)
    kept.connection.close()
    assert _next_request(kept) != first


def _kept_plans(kept: Any) -> list[str]:
    """Return the statements whose plans this connection keeps."""
    with kept.cursor() as cursor:
        cursor.execute(
            "SELECT statement FROM pg_prepared_statements ORDER BY prepare_time"
        )
        return [row[0] for row in cursor.fetchall()]


def test_plans_are_kept_of_look_ups_and_inserts_alone(kept: Any) -> None:
    insert = f"INSERT INTO {Keyword._meta.db_table} (id) SELECT %s WHERE false"
    with kept.cursor() as cursor:
        for _ in range(20):
            cursor.execute(f"{PREPARE_HINT}SELECT %s::int", [1])
            cursor.execute(insert, [1])
            cursor.execute("SELECT %s::int WHERE true", [1])
    plans = _kept_plans(kept)
    assert plans == [f"{PREPARE_HINT}SELECT $1::int", insert.replace("%s", "$1")]


def test_no_plan_is_kept_where_none_may_be(
    kept: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(kept.settings_dict["OPTIONS"], "prepare", False)
    kept.close()
    with kept.cursor() as cursor:
        for _ in range(20):
            cursor.execute(f"{PREPARE_HINT}SELECT %s::int", [1])
    assert _kept_plans(kept) == []
