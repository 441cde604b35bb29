"""Statements of reads have a timeout on both databases."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from pytest_django import Settings

from registry.core.errors import StatementTimeout
from registry.core.statement_timeouts import current_timeout, statement_timeout
from registry.http.read_slots import ReadLimitMiddleware
from tests.api.client import Api, data_of

pytestmark = pytest.mark.django_db(transaction=True)

#: Takes for ever, or as good as that.
SLOW = {
    "postgresql": "SELECT pg_sleep(600)",
    "sqlite": (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
        "SELECT count(*) FROM n"
    ),
}


def _execute(statement: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def _slow(*args: Any, **kwargs: Any) -> Any:
    return _execute(SLOW[connection.vendor])


def test_a_statement_that_takes_too_long_is_stopped() -> None:
    with statement_timeout(0.05), pytest.raises(StatementTimeout):
        _slow()
    with statement_timeout(60):
        assert _execute("SELECT 1") == [(1,)]


def test_a_statement_in_a_transaction_is_stopped_too() -> None:
    with statement_timeout(0.05), pytest.raises(StatementTimeout), transaction.atomic():
        _slow()
    assert _execute("SELECT 1") == [(1,)]


@pytest.mark.once
@pytest.mark.parametrize("read", ["fetchone", "fetchmany", "fetchall", "__iter__"])
def test_fetching_rows_is_stopped_too(read: str) -> None:
    endless = SLOW["sqlite"].replace("SELECT count(*) FROM n", "SELECT i FROM n")

    def read_on(cursor: Any) -> None:
        while rows := getattr(cursor, read)():
            list(rows)

    with statement_timeout(0.05), connection.cursor() as cursor:
        cursor.execute(endless)
        with pytest.raises(StatementTimeout):
            read_on(cursor)


@pytest.mark.postgres
def test_a_write_after_a_read_has_no_timeout() -> None:
    def limit() -> Any:
        return _execute("SHOW statement_timeout")[0][0]

    usual = limit()
    with statement_timeout(7):
        assert limit() == "7s"
        with statement_timeout(0):
            assert limit() == usual
        assert limit() == "7s"
    assert limit() == usual


@pytest.mark.postgres
def test_a_rollback_does_not_reset_the_timeout() -> None:
    with statement_timeout(7):
        with transaction.atomic():
            assert _execute("SHOW statement_timeout") == [("7s",)]
            transaction.set_rollback(True)
        assert _execute("SHOW statement_timeout") == [("7s",)]


@pytest.mark.postgres
def test_a_timeout_that_others_set_raises_another_error() -> None:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = '50ms'")
        with pytest.raises(OperationalError):
            _slow()
        transaction.set_rollback(True)


def test_the_timeout_costs_no_extra_statement(
    django_assert_num_queries: Any,
) -> None:
    for seconds in (7, 0, 8):
        with django_assert_num_queries(1), statement_timeout(seconds):
            _execute("SELECT 1")


def test_an_api_read_that_takes_too_long_gets_503(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.READ_SECONDS = 0.05
    monkeypatch.setattr("registry.api.provenance.lineage.views.root_of", _slow)
    answer = Api().get("/api/lineage/object/1/")
    assert "took too long" in data_of(answer, 503)["detail"]
    assert answer["Retry-After"]


def test_a_page_that_takes_too_long_gets_503(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.READ_SECONDS = 0.05
    monkeypatch.setattr("registry.web.views.search.search_records", _slow)
    answer = Client().get("/search/?q=a")
    assert answer.status_code == 503
    assert answer["Retry-After"]
    assert "took too long" in answer.content.decode()
    assert "<html" in answer.content.decode()


def test_only_reads_have_the_configured_timeout(settings: Settings) -> None:
    settings.READ_SECONDS = 7
    seen: list[float] = []

    def answer(request: HttpRequest) -> HttpResponse:
        seen.append(current_timeout())
        return HttpResponse()

    for method in ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"):
        ReadLimitMiddleware(answer)(RequestFactory().generic(method, "/"))
    assert seen == [7, 7, 7, 0, 0, 0, 0]
