"""The client of the benchmark: one connection that is kept, as scripts have one."""

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
        """Read something."""
        return self.send("GET", path)

    def post(self, path: str, data: Any) -> bytes:
        """Register something."""
        return self.send("POST", path, orjson.dumps(data))

    def send(self, method: str, path: str, body: bytes | None = None) -> bytes:
        """Ask for something; anything but success ends the benchmark."""
        try:
            status, content = self._exchange(method, path, body)
        except http.client.RemoteDisconnected:
            # the server closes a connection that rests, while a long floor is measured
            self._connection.close()
            status, content = self._exchange(method, path, body)
        if not 200 <= status < 300:
            text = content[:2000].decode(errors="replace")
            raise SystemExit(f"{method} {path} answered {status}: {text}")
        return content

    def _exchange(
        self, method: str, path: str, body: bytes | None
    ) -> tuple[int, bytes]:
        self._connection.request(method, path, body, self._headers)
        answer = self._connection.getresponse()
        return answer.status, answer.read()
