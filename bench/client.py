"""The client of the benchmark: one persistent connection, as scripts use it."""

from __future__ import annotations

import http.client
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import orjson


class Client:
    """Sends requests with a token and returns the bytes of the answers."""

    def __init__(self, url: str, token: str) -> None:
        """Connect to the registry at this address."""
        parts = urlsplit(url)
        self._connection = http.client.HTTPConnection(
            str(parts.hostname), parts.port, timeout=600
        )
        self._headers = {
            **({"Authorization": f"Bearer {token}"} if token else {}),
            "Content-Type": "application/json",
            "User-Agent": "bench",
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()

    def get(self, path: str) -> bytes:
        """Send GET and return the body."""
        return self.send("GET", path)

    def post(self, path: str, data: Any) -> bytes:
        """Send POST with JSON and return the body."""
        return self.send("POST", path, orjson.dumps(data))

    def send(self, method: str, path: str, body: bytes | None = None) -> bytes:
        """Send a request and return the body; exit unless it succeeds."""
        try:
            status, content = self._send_request(method, path, body)
        except http.client.RemoteDisconnected:
            # the server closes an idle connection while a long floor is measured
            self._connection.close()
            status, content = self._send_request(method, path, body)
        if not 200 <= status < 300:
            text = content[:2000].decode(errors="replace")
            raise SystemExit(f"{method} {path} answered {status}: {text}")
        return content

    def _send_request(
        self, method: str, path: str, body: bytes | None
    ) -> tuple[int, bytes]:
        self._connection.request(method, path, body, self._headers)
        answer = self._connection.getresponse()
        return answer.status, answer.read()
