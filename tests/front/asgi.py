"""An ASGI client that sends one request to the front."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from attacks.event_loops import run_coroutine
from registry.front.application import Front, Limits
from registry.front.environ import CLIENT_DISCONNECTED
from registry.front.transfer_timeouts import TransferTimeout

Environ = dict[str, Any]
StartResponse = Callable[..., Any]


@dataclass
class Client:
    """Sends a body in chunks, and records the response.

    A piece that is None stands for a connection that breaks. After the last piece the
    client stays, and says nothing; if it ``stalls``, it has not sent all by then.
    Each part of the answer ``takes`` it so many seconds.
    """

    pieces: Iterable[bytes | None] = ()
    method: str = "POST"
    path: bytes = b"/"
    headers: dict[str, str] = field(default_factory=dict)
    messages: list[dict[str, Any]] = field(default_factory=list)
    reads: bool = True
    stalls: bool = False
    names_host: bool = True
    has_left: bool = False
    is_cut_off: bool = False
    address: str = "127.0.0.2"
    takes: float = 0
    asked: int = 0

    def __post_init__(self) -> None:
        self._rest = iter(list(self.pieces))
        self._left = len(list(self.pieces))

    async def receive(self) -> dict[str, Any]:
        """Return the next chunk of the body."""
        self.asked += 1
        piece = next(self._rest, b"")
        self._left -= 1
        if self._left < 0:
            await asyncio.Event().wait()
        if piece is None:
            return {"type": "http.disconnect"}
        more = self._left > 0 or self.stalls
        return {"type": "http.request", "body": piece, "more_body": more}

    async def send(self, message: dict[str, Any]) -> None:
        """Receive part of the response; never return if the client does not read."""
        self.messages.append(message)
        await asyncio.sleep(self.takes)
        if not self.reads and message["type"] == "http.response.body":
            await asyncio.Event().wait()

    @property
    def scope(self) -> dict[str, Any]:
        """The ASGI scope of the request."""
        headers = {"host": "registry.example.org"} if self.names_host else {}
        headers |= self.headers
        return {
            CLIENT_DISCONNECTED: lambda: self.has_left,
            "type": "http",
            "http_version": "1.1",
            "method": self.method,
            "scheme": "http",
            "raw_path": self.path,
            "query_string": b"",
            "headers": [(k.encode(), v.encode()) for k, v in headers.items()],
            "server": ("127.0.0.1", 8000),
            "client": (self.address, 50000),
        }

    @property
    def status(self) -> int:
        """The status of the response."""
        return int(self.messages[0]["status"])

    @property
    def body(self) -> bytes:
        """The received body of the response."""
        return b"".join(one["body"] for one in self.messages[1:])

    @property
    def closes(self) -> bool:
        """Whether the response closes the connection."""
        return (b"connection", b"close") in self.messages[0]["headers"]


def front_of(
    application: Any,
    *,
    threads: int = 4,
    body: int = 1000,
    bodies: int = 10**9,
    seconds: float = 30,
    rate: float = 1024.0,
) -> Front:
    """Return a front that serves an application."""
    return Front(
        application, Limits(threads, body, bodies, TransferTimeout(seconds, rate))
    )


def ask(application: Any, client: Client, **limits: Any) -> Client:
    """Send the client's request; return the client with its response."""
    run_coroutine(serve(front_of(application, **limits), client))
    return client


async def serve(front: Front, client: Client) -> None:
    """Serve the client; if the front fails, the server closes the connection."""
    try:
        await front(client.scope, client.receive, client.send)
    except asyncio.CancelledError:
        client.is_cut_off = True


def answered(start: StartResponse, status: str, *headers: tuple[str, str]) -> None:
    """Start a response."""
    start(status, [("Content-Type", "text/plain"), *headers])


def echo(environ: Environ, start: StartResponse) -> Iterator[bytes]:
    """Respond with the body, and the length that the application sees."""
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or -1))
    answered(start, "200 OK", ("X-Length", environ.get("CONTENT_LENGTH", "none")))
    return iter([body])


def with_length(size: int, **headers: str) -> dict[str, str]:
    """Return the headers for a body of a given length."""
    return {"content-length": str(size), **headers}
