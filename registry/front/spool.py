"""An answer that is made faster than it is read, kept on disk in between."""

from __future__ import annotations

import asyncio
import os
import tempfile
import threading
from collections import deque
from typing import IO

from registry.front.responses import CHUNK_SIZE, ResponseStream

#: Bytes of each temporary file, at least; one that was read to its end is removed.
_SEGMENT = 8 * 1024 * 1024
#: Bytes that one answer may be ahead of its reader, and all answers together.
_AHEAD, _ALL_AHEAD = 64 * 1024 * 1024, 1024 * 1024 * 1024


class SpoolSpace:
    """The bytes that all spools of a process may hold."""

    def __init__(self, size: int = _ALL_AHEAD) -> None:
        self._left = size
        self._lock = threading.Lock()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing left."""
        return self._left <= 0

    def change(self, size: int) -> None:
        """Take so many bytes, or give them back where ``size`` is negative."""
        with self._lock:
            self._left -= size


class _Segment:
    """A part of an answer in a temporary file."""

    def __init__(self) -> None:
        self.file: IO[bytes] = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115
        self.written = 0
        self.read = 0

    @property
    def is_full(self) -> bool:
        """Whether nothing more is written to it; the last piece may stand out."""
        return self.written >= _SEGMENT

    def write(self, piece: bytes) -> None:
        os.pwrite(self.file.fileno(), piece, self.written)
        self.written += len(piece)

    def next_chunk(self) -> bytes:
        size = min(CHUNK_SIZE, self.written - self.read)
        piece = os.pread(self.file.fileno(), size, self.read)
        self.read += len(piece)
        return piece


class Spool:
    """What a thread writes and the event loop reads, in the same order."""

    def __init__(self, room: SpoolSpace) -> None:
        self._loop = asyncio.get_running_loop()
        self._room = room
        self._news = asyncio.Event()
        self._changed = threading.Condition()
        self._segments: deque[_Segment] = deque()
        self._held = 0
        self._ended = False
        self._abandoned = False
        self._failed = False

    # --- on the thread of the application

    def fill(self, stream: ResponseStream) -> None:
        """Write all pieces of an answer, or those until its reader is gone."""
        try:
            while not self._abandoned and (piece := stream.next_chunk()):
                self._write(piece)
        except BaseException:
            self._failed = True
            raise
        finally:
            stream.close()
            self._ended = True
            self._loop.call_soon_threadsafe(self._news.set)

    def _write(self, piece: bytes) -> None:
        with self._changed:
            if not self._segments or self._segments[-1].is_full:
                self._segments.append(_Segment())
            self._segments[-1].write(piece)
            self._held += len(piece)
            self._room.change(len(piece))
        self._loop.call_soon_threadsafe(self._news.set)
        with self._changed:
            while self._is_far_ahead and not self._abandoned:
                # others may make room as well, and do not tell
                self._changed.wait(1.0)

    @property
    def _is_far_ahead(self) -> bool:
        return self._held > _AHEAD or (self._room.is_empty and self._held > _SEGMENT)

    # --- on the event loop

    async def next_chunk(self) -> bytes:
        """Return the next bytes; nothing at the end.

        Raises ``EOFError`` when the application broke off.
        """
        while not (piece := self._read()):
            if self._ended and not self._held:
                if self._failed:
                    raise EOFError
                return b""
            self._news.clear()
            if not self._held and not self._ended:
                await self._news.wait()
        return piece

    def _read(self) -> bytes:
        with self._changed:
            if not self._held:
                return b""
            segment = self._segments[0]
            piece = segment.next_chunk()
            if segment.is_full and segment.read == segment.written:
                self._segments.popleft().file.close()
            self._held -= len(piece)
            self._room.change(-len(piece))
            self._changed.notify()
        return piece

    def abandon(self) -> None:
        """Tell the thread that nobody reads any more."""
        with self._changed:
            self._abandoned = True
            self._changed.notify()

    def close(self) -> None:
        """Remove the files, once the thread is done."""
        self._room.change(-self._held)
        self._held = 0
        while self._segments:
            self._segments.pop().file.close()
