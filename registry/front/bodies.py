"""The bodies of requests, as the application reads them (`wsgi.input`).

A small body usually arrives with its headers, and is a `BytesIO`. Otherwise the
application is called with a `PendingBody`. What it refuses without reading, such as a
request without a token, is answered at once. As soon as it reads, `BodyNeeded` takes
it off its thread, the body is received on the event loop, and the application is
called again with the whole of it, or with a `StreamedBody` where it asked for one.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from typing import NoReturn

from django.core.exceptions import RequestDataTooBig

#: Bytes that wait in memory between the event loop and the thread that reads them.
_MAX_BUFFERED_BYTES = 1024 * 1024
#: Seconds after which a reader gives up; the event loop ends every stream before that.
_READ_TIMEOUT = 3600.0


class BodyNeeded(BaseException):
    """Raised through the application when it reads a body that has not arrived.

    No ``Exception``, so that nothing on the way takes it for an error of its own;
    transactions and context managers end as they do for any exception.
    """

    def __init__(self, limit: int, *, stream: bool) -> None:
        super().__init__()
        self.limit = limit
        self.stream = stream


class PendingBody:
    """Stands for a body that is still to come."""

    def __init__(self, size: int | None, limit: int) -> None:
        """Take the size that the client announced, None if it did not.

        ``limit`` is how long a body may be unless the application accepts more.
        """
        self._size = size
        self._limit = limit
        self._stream = False

    def raise_limit(self, limit: int, *, stream: bool = False) -> None:
        """Allow a body of ``limit`` bytes, which may arrive while it is read."""
        self._limit = max(self._limit, limit)
        self._stream = self._stream or stream

    def read(self, size: int = -1, /) -> NoReturn:
        """Raise ``BodyNeeded``, or ``RequestDataTooBig`` if it would be too long."""
        if self._size is not None and self._size > self._limit:
            raise RequestDataTooBig("The body is too large.")
        raise BodyNeeded(self._limit, stream=self._stream)

    readline = readlines = __next__ = read

    def __iter__(self) -> PendingBody:
        return self


class OversizedBody:
    """Stands for a body that turned out to be too long, and was thrown away."""

    def read(self, size: int = -1, /) -> NoReturn:
        """Raise ``RequestDataTooBig``."""
        raise RequestDataTooBig("The body is too large.")

    readline = readlines = __next__ = read

    def __iter__(self) -> OversizedBody:
        return self


class ReaderGone(Exception):
    """The reader of a streamed body is done; what is left of it is not wanted."""


class StreamedBody:
    """A body that is read on a thread while it arrives on the event loop."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._changed = threading.Condition()
        self._room = asyncio.Event()
        self._room.set()
        self._pieces: deque[bytes] = deque()
        self._size = 0
        self._ended = False
        self._is_abandoned = False
        self._failure: OSError | None = None

    # --- on the event loop

    async def feed(self, data: bytes) -> None:
        """Hand over a piece; wait while the reader is behind.

        Raises ``ReaderGone`` once the reader is done. To cancel whoever feeds is not
        enough: on its way a cancellation can get lost (``asyncio.wait_for`` drops one
        that comes together with a result).
        """
        await self._room.wait()
        if self._is_abandoned:
            raise ReaderGone
        with self._changed:
            self._pieces.append(data)
            self._size += len(data)
            if self._size >= _MAX_BUFFERED_BYTES:
                self._room.clear()
            self._changed.notify()

    def end(self, failure: OSError | None = None) -> None:
        """Say that this was all, or why there is no more."""
        with self._changed:
            self._ended = True
            self._failure = failure
            self._changed.notify()
        self._room.set()

    def abandon(self) -> None:
        """Drop what nobody will read, so that `feed` never waits again."""
        with self._changed:
            self._is_abandoned = True
            self._pieces.clear()
            self._size = 0
        self._room.set()

    # --- on the thread of the application

    def read(self, size: int = -1, /) -> bytes:
        """Return ``size`` bytes, or all; fewer only at the end of the body.

        Raises ``ConnectionError`` when the client is gone, ``TimeoutError`` when it
        sends too slowly.
        """
        taken: list[bytes] = []
        left = size if size >= 0 else None
        while left is None or left > 0:
            piece = self._take(left)
            if not piece:
                break
            taken.append(piece)
            left = None if left is None else left - len(piece)
        return taken[0] if len(taken) == 1 else b"".join(taken)

    def readline(self, size: int = -1, /) -> bytes:
        """Return what is left of the line; Django's forms do not read lines."""
        line = bytearray()
        while (size < 0 or len(line) < size) and (byte := self.read(1)):
            line += byte
            if byte == b"\n":
                break
        return bytes(line)

    def _take(self, most: int | None) -> bytes:
        """Return the next piece, cut to ``most`` bytes; nothing at the end."""
        with self._changed:
            self._wait_for_piece()
            if not self._pieces:
                return b""
            piece = self._pieces.popleft()
            if most is not None and len(piece) > most:
                self._pieces.appendleft(piece[most:])
                piece = piece[:most]
            self._size -= len(piece)
            has_room = self._size < _MAX_BUFFERED_BYTES // 2
        if has_room and not self._room.is_set():
            self._loop.call_soon_threadsafe(self._room.set)
        return piece

    def _wait_for_piece(self) -> None:
        while not self._pieces and not self._ended:
            if not self._changed.wait(_READ_TIMEOUT):
                raise TimeoutError("The server stopped receiving this body.")
        if not self._pieces and self._failure is not None:
            raise self._failure
