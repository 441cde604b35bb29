"""Count the database statements of a request."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench.request_types import Request


class Counter:
    """Answers requests in this process and counts their statements.

    Statements that begin and end transactions and savepoints are included.
    """

    def __init__(self, token: str) -> None:
        """Send requests with this API token."""
        self._client = Client(
            SERVER_NAME="127.0.0.1", HTTP_AUTHORIZATION=f"token {token}"
        )

    def count(self, request: Request) -> int:
        """Return the number of statements until the last row of the response."""
        with CaptureQueriesContext(connection) as queries:
            answer = self._client.generic(
                request.method,
                request.path,
                request.body or b"",
                content_type="application/json",
            )
            if answer.streaming:
                for _ in cast("Iterable[Any]", answer):
                    pass
        assert 200 <= answer.status_code < 300, (request.path, answer.status_code)
        return len(queries)
