"""Answers of the application, and how their bytes are had without holding a thread."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Union

from registry.front.bodies import BodyNeeded
from registry.front.environ import Environ

Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
Headers = list[tuple[bytes, bytes]]

#: Bytes that are read and sent at a time.
CHUNK_SIZE = 128 * 1024
#: Bytes of a file that are read and sent at a time to those who take them at once.
LARGE_CHUNK_SIZE = 512 * 1024
#: What comes of calling the application: an error is raised where it is waited for.
Outcome = Union["Response", BodyNeeded, BaseException]


@dataclass
class Response:
    """What the application answered.

    Of a long answer ``body`` is empty, and ``stream`` yields its pieces.
    """

    status: int
    headers: Headers
    body: bytes = b""
    stream: ResponseStream | None = field(default=None, repr=False)


class ResponseStream:
    """The pieces of a long answer, which the application makes as it goes.

    ``is_file`` says that they come from an open file, so that any thread can read the
    next one. Otherwise one thread must make them all, since database connections
    belong to threads.
    """

    def __init__(self, iterable: Any) -> None:
        self._iterable = iterable
        self._pieces: Iterator[bytes] = iter(iterable)
        self._is_closed = False
        self._file: Any = getattr(iterable, "file_to_stream", None)
        self.is_file = self._file is not None

    def next_chunk(self) -> bytes:
        """Return some hundred kilobytes; nothing at the end."""
        pieces: list[bytes] = []
        size = 0
        for piece in self._pieces:
            pieces.append(piece)
            size += len(piece)
            if size >= CHUNK_SIZE:
                break
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def read(self, size: int) -> bytes:
        """Return the next bytes of a file, at most so many; nothing at the end."""
        piece: bytes = self._file.read(size)
        return piece

    def joined(self) -> bytes:
        """Return all pieces; close the stream if that fails."""
        try:
            return b"".join(self._pieces)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Tell the application that nothing more will be read, once."""
        if not self._is_closed:
            self._is_closed = True
            getattr(self._iterable, "close", _do_nothing)()


def call_wsgi(
    application: Application, environ: Environ, deliver: Callable[[Outcome], None]
) -> None:
    """Call the application, on a thread, and deliver what comes of it.

    What it does when its answer is closed, such as giving back a connection to the
    database, it does afterwards on the same thread, so that nobody waits for it.
    """
    stream = None
    try:
        outcome, stream = _call(application, environ)
    except BaseException as error:  # noqa: BLE001 (it is raised on the event loop)
        outcome = error
    deliver(outcome)
    if stream is not None:
        stream.close()


def _call(
    application: Application, environ: Environ
) -> tuple[Outcome, ResponseStream | None]:
    """Return the answer, and what is to be closed once it is delivered."""
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(
        status: str, headers: list[tuple[str, str]], exc_info: Any = None
    ) -> None:
        started[:] = [(status, headers)]

    try:
        iterable = application(environ, start_response)
    except BodyNeeded as needed:
        return needed, None
    status, headers = started[0]
    answer = Response(int(status[:3]), _encoded(headers))
    if answer.status == HTTPStatus.NOT_MODIFIED:
        # the length would be that of the file (RFC 9110, section 8.6), not of nothing
        answer.headers = [one for one in answer.headers if one[0] != b"content-length"]
    stream = ResponseStream(iterable)
    if environ["REQUEST_METHOD"] != "HEAD":
        if getattr(iterable, "streaming", False) and not _is_short(answer):
            answer.stream = stream
            return answer, None
        answer.body = stream.joined()
    return answer, stream


def error_response(status: int, detail: str) -> Response:
    """Return an answer of the front itself, after which the connection ends."""
    body = json.dumps({"detail": detail}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"connection", b"close"),
    ]
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers.append((b"retry-after", b"5"))
    return Response(status, headers, body)


def _do_nothing() -> None:
    """Stand for what an answer does not do when it is closed."""


def _encoded(headers: list[tuple[str, str]]) -> Headers:
    return [
        (name.lower().encode("latin-1"), value.encode("latin-1"))
        for name, value in headers
    ]


def _is_short(answer: Response) -> bool:
    """Tell whether a streamed answer is known to be one piece, as small files are."""
    lengths = [value for name, value in answer.headers if name == b"content-length"]
    return bool(lengths) and int(lengths[0]) <= CHUNK_SIZE
