"""A well-behaved client: one persistent connection, JSON and a token."""

from __future__ import annotations

import http.client
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any, NamedTuple, Self

import orjson

from attacks.target import TIMEOUT, Target


class Answer(NamedTuple):
    """The status, body and headers of a response; header names are in lower case."""

    status: int
    body: bytes
    headers: Mapping[str, str] = {}

    def json(self) -> Any:
        """Return the decoded body."""
        return orjson.loads(self.body)


class Client:
    """Sends requests over a persistent connection; reconnects if it was closed."""

    def __init__(
        self, target: Target, *, signed_in: bool = True, timeout: float = TIMEOUT
    ) -> None:
        self._target = target
        self._connection = target.connect(timeout)
        self._headers = {"Host": target.host, "User-Agent": "attacks"}
        if signed_in:
            self._headers["Authorization"] = f"token {target.token}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; the next request opens a new one."""
        self._connection.close()

    def get(self, path: str) -> Answer:
        """Send GET and return the response."""
        return self.send("GET", path)

    def post(self, path: str, data: Any, headers: Mapping[str, str] = {}) -> Answer:
        """Send POST with JSON and return the response."""
        sent = {"Content-Type": "application/json", **headers}
        return self.send("POST", path, orjson.dumps(data), sent)

    def send(
        self,
        method: str,
        path: str,
        body: bytes | Iterable[bytes] | None = None,
        headers: Mapping[str, str] = {},
    ) -> Answer:
        """Send a request; raise ``OSError`` or ``HTTPException`` without a response."""
        sent = {**self._headers, **headers}
        try:
            return self._send_request(method, path, body, sent)
        except http.client.RemoteDisconnected:
            # a server can close an idle connection at any time (RFC 9112, section 9.5)
            self.close()
            return self._send_request(method, path, body, sent)

    def _send_request(
        self,
        method: str,
        path: str,
        body: bytes | Iterable[bytes] | None,
        headers: Mapping[str, str],
    ) -> Answer:
        try:
            self._connection.request(method, path, body, headers)
            answer = self._connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        names = {name.lower(): value for name, value in answer.headers.items()}
        return Answer(answer.status, content, names)


def require_status(answer: Answer, *statuses: int) -> Answer:
    """Return the response; raise ``RuntimeError`` unless it has one of the statuses."""
    if answer.status not in statuses:
        text = answer.body[:500].decode(errors="replace")
        raise RuntimeError(f"answered {answer.status}, not {statuses}: {text}")
    return answer
