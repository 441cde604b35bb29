"""Responses of the application, and reading their bytes without holding a thread."""

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

#: Bytes read and sent at a time.
CHUNK_SIZE = 128 * 1024
#: Bytes of a file read and sent at a time to clients that receive them immediately.
LARGE_CHUNK_SIZE = 512 * 1024
#: Result of calling the application; the code that awaits it raises an error.
Outcome = Union["Response", BodyNeeded, BaseException]


@dataclass
class Response:
    """A response of the application.

    For a long response ``body`` is empty and ``stream`` yields the chunks.
    """

    status: int
    headers: Headers
    body: bytes = b""
    stream: ResponseStream | None = field(default=None, repr=False)


class ResponseStream:
    """The chunks of a long response, which the application produces as it goes.

    ``is_file`` is true if they come from an open file, so that any thread can read the
    next one. Otherwise one thread must produce all of them, because database
    connections belong to threads.
    """

    def __init__(self, iterable: Any) -> None:
        self._iterable = iterable
        self._chunks: Iterator[bytes] = iter(iterable)
        self._is_closed = False
        self._file: Any = getattr(iterable, "file_to_stream", None)
        self.is_file = self._file is not None

    def next_chunk(self) -> bytes:
        """Return the next ``CHUNK_SIZE`` bytes or more; fewer only at the end."""
        chunks: list[bytes] = []
        size = 0
        for chunk in self._chunks:
            chunks.append(chunk)
            size += len(chunk)
            if size >= CHUNK_SIZE:
                break
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def read(self, size: int) -> bytes:
        """Return at most ``size`` bytes of a file; empty at the end."""
        chunk: bytes = self._file.read(size)
        return chunk

    def read_all(self) -> bytes:
        """Return all chunks joined; close the stream if that fails."""
        try:
            return b"".join(self._chunks)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the application's iterable; a second call does nothing."""
        if not self._is_closed:
            self._is_closed = True
            getattr(self._iterable, "close", _do_nothing)()


def call_wsgi(
    application: Application, environ: Environ, deliver: Callable[[Outcome], None]
) -> None:
    """Call the application on this thread and deliver its outcome.

    The response is closed afterwards, on the same thread: the client does not wait for
    what that does, such as releasing a database connection.
    """
    stream = None
    try:
        outcome, stream = _call_application(application, environ)
    except BaseException as error:  # noqa: BLE001 (it is raised on the event loop)
        outcome = error
    deliver(outcome)
    if stream is not None:
        stream.close()


def _call_application(
    application: Application, environ: Environ
) -> tuple[Outcome, ResponseStream | None]:
    """Return the response, and the stream to close once it is delivered."""
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
    response = Response(int(status[:3]), _encode_headers(headers))
    if response.status == HTTPStatus.NOT_MODIFIED:
        # it would be the length of the file (RFC 9110, section 8.6), not of this body
        response.headers = [
            one for one in response.headers if one[0] != b"content-length"
        ]
    stream = ResponseStream(iterable)
    if environ["REQUEST_METHOD"] != "HEAD":
        if getattr(iterable, "streaming", False) and not _is_short(response):
            response.stream = stream
            return response, None
        response.body = stream.read_all()
    return response, stream


def error_response(status: int, detail: str) -> Response:
    """Return an error response of the front itself, which closes the connection."""
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
    """Do nothing: the default for an iterable without ``close``."""


def _encode_headers(headers: list[tuple[str, str]]) -> Headers:
    return [
        (name.lower().encode("latin-1"), value.encode("latin-1"))
        for name, value in headers
    ]


def _is_short(response: Response) -> bool:
    """Return whether a streamed response fits into one chunk, as small files do."""
    lengths = [value for name, value in response.headers if name == b"content-length"]
    return bool(lengths) and int(lengths[0]) <= CHUNK_SIZE
