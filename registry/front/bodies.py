"""Request bodies as the application reads them (`wsgi.input`).

A small body usually arrives with its headers and is a `BytesIO`. Otherwise the
application is called with a `PendingBody`. A request that it rejects without reading,
for example one without a token, is answered immediately. If it reads, `BodyNeeded` is
raised and frees the thread; the body is received on the event loop, and the application
is called again with the complete body, or with a `StreamedBody` if it asked for one.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from typing import NoReturn

from django.core.exceptions import RequestDataTooBig

#: Bytes in memory between the event loop and the thread that reads them.
_MAX_BUFFERED_BYTES = 1024 * 1024
#: Seconds after which a reader gives up; the event loop ends each stream before that.
_READ_TIMEOUT = 3600.0


class BodyNeeded(BaseException):
    """Raised when the application reads a body that has not arrived yet.

    It is a ``BaseException``, so that no ``except Exception`` in the application
    catches it; transactions and context managers end as for any exception.
    """

    def __init__(self, limit: int, *, stream: bool) -> None:
        super().__init__()
        self.limit = limit
        self.stream = stream


class PendingBody:
    """A body that has not arrived yet."""

    def __init__(self, size: int | None, limit: int) -> None:
        """Set the announced size, None if unknown, and the maximum size in bytes.

        The application can raise ``limit``.
        """
        self._size = size
        self._limit = limit
        self._stream = False

    def raise_limit(self, limit: int, *, stream: bool = False) -> None:
        """Accept a body of up to ``limit`` bytes; ``stream`` it while it arrives."""
        self._limit = max(self._limit, limit)
        self._stream = self._stream or stream

    def read(self, size: int = -1, /) -> NoReturn:
        """Raise ``BodyNeeded``, or ``RequestDataTooBig`` if the body is too large."""
        if self._size is not None and self._size > self._limit:
            raise RequestDataTooBig("The body is too large.")
        raise BodyNeeded(self._limit, stream=self._stream)

    readline = readlines = __next__ = read

    def __iter__(self) -> PendingBody:
        return self


class OversizedBody:
    """A body that was larger than its limit, and discarded."""

    def read(self, size: int = -1, /) -> NoReturn:
        """Raise ``RequestDataTooBig``."""
        raise RequestDataTooBig("The body is too large.")

    readline = readlines = __next__ = read

    def __iter__(self) -> OversizedBody:
        return self


class ReaderGone(Exception):
    """The reader of a streamed body has finished and does not need the rest."""


class StreamedBody:
    """A body that a thread reads while the event loop receives it."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._changed = threading.Condition()
        self._room = asyncio.Event()
        self._room.set()
        self._chunks: deque[bytes] = deque()
        self._size = 0
        self._ended = False
        self._is_abandoned = False
        self._failure: OSError | None = None

    # --- on the event loop

    async def feed(self, data: bytes) -> None:
        """Add a chunk; wait while the reader is behind.

        Raises ``ReaderGone`` when the reader has finished. Cancelling the task that
        feeds is not enough, because a cancellation can be lost (``asyncio.wait_for``
        drops one that arrives together with a result).
        """
        await self._room.wait()
        if self._is_abandoned:
            raise ReaderGone
        with self._changed:
            self._chunks.append(data)
            self._size += len(data)
            if self._size >= _MAX_BUFFERED_BYTES:
                self._room.clear()
            self._changed.notify()

    def end(self, failure: OSError | None = None) -> None:
        """Mark the end of the body, or the failure that ended it."""
        with self._changed:
            self._ended = True
            self._failure = failure
            self._changed.notify()
        self._room.set()

    def abandon(self) -> None:
        """Discard unread chunks, so that ``feed`` never waits again."""
        with self._changed:
            self._is_abandoned = True
            self._chunks.clear()
            self._size = 0
        self._room.set()

    # --- on the thread of the application

    def read(self, size: int = -1, /) -> bytes:
        """Return ``size`` bytes, or all; fewer only at the end of the body.

        Raises ``ConnectionError`` if the client disconnects and ``TimeoutError`` if it
        sends too slowly.
        """
        taken: list[bytes] = []
        left = size if size >= 0 else None
        while left is None or left > 0:
            chunk = self._next_chunk(left)
            if not chunk:
                break
            taken.append(chunk)
            left = None if left is None else left - len(chunk)
        return taken[0] if len(taken) == 1 else b"".join(taken)

    def readline(self, size: int = -1, /) -> bytes:
        """Return the rest of the line; slow, but Django's forms do not read lines."""
        line = bytearray()
        while (size < 0 or len(line) < size) and (byte := self.read(1)):
            line += byte
            if byte == b"\n":
                break
        return bytes(line)

    def _next_chunk(self, limit: int | None) -> bytes:
        """Return the next chunk, at most ``limit`` bytes; empty at the end."""
        with self._changed:
            self._wait_for_piece()
            if not self._chunks:
                return b""
            chunk = self._chunks.popleft()
            if limit is not None and len(chunk) > limit:
                self._chunks.appendleft(chunk[limit:])
                chunk = chunk[:limit]
            self._size -= len(chunk)
            has_room = self._size < _MAX_BUFFERED_BYTES // 2
        if has_room and not self._room.is_set():
            self._loop.call_soon_threadsafe(self._room.set)
        return chunk

    def _wait_for_piece(self) -> None:
        while not self._chunks and not self._ended:
            if not self._changed.wait(_READ_TIMEOUT):
                raise TimeoutError("The server stopped receiving this body.")
        if not self._chunks and self._failure is not None:
            raise self._failure
