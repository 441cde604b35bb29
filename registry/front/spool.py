"""Spool a response to disk while it is produced faster than the client reads it."""

from __future__ import annotations

import asyncio
import os
import tempfile
import threading
from collections import deque
from typing import IO

from registry.front.responses import CHUNK_SIZE, ResponseStream

#: Minimum bytes of each temporary file; one that was read to its end is deleted.
_SEGMENT = 8 * 1024 * 1024
#: Maximum bytes that one response is ahead of its reader, and all responses together.
_AHEAD, _ALL_AHEAD = 64 * 1024 * 1024, 1024 * 1024 * 1024


class SpoolSpace:
    """The bytes that all spools of a process can hold together."""

    def __init__(self, size: int = _ALL_AHEAD) -> None:
        self._left = size
        self._lock = threading.Lock()

    @property
    def is_empty(self) -> bool:
        """Whether no bytes are left."""
        return self._left <= 0

    def change(self, size: int) -> None:
        """Reserve ``size`` bytes, or release them if it is negative."""
        with self._lock:
            self._left -= size


class _Segment:
    """A part of a response in a temporary file."""

    def __init__(self) -> None:
        self.file: IO[bytes] = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115
        self.written = 0
        self.read = 0

    @property
    def is_full(self) -> bool:
        """Whether nothing more is written; the last chunk can exceed the size."""
        return self.written >= _SEGMENT

    def write(self, chunk: bytes) -> None:
        os.pwrite(self.file.fileno(), chunk, self.written)
        self.written += len(chunk)

    def next_chunk(self) -> bytes:
        size = min(CHUNK_SIZE, self.written - self.read)
        chunk = os.pread(self.file.fileno(), size, self.read)
        self.read += len(chunk)
        return chunk


class Spool:
    """A queue of bytes on disk that a thread writes and the event loop reads."""

    def __init__(self, room: SpoolSpace) -> None:
        self._loop = asyncio.get_running_loop()
        self._room = room
        self._news = asyncio.Event()
        self._changed = threading.Condition()
        self._segments: deque[_Segment] = deque()
        self._unread_bytes = 0
        self._ended = False
        self._abandoned = False
        self._failed = False

    # --- on the thread of the application

    def fill(self, stream: ResponseStream) -> None:
        """Write all chunks of a response, until it ends or its reader is gone."""
        try:
            while not self._abandoned and (chunk := stream.next_chunk()):
                self._write_chunk(chunk)
        except BaseException:
            self._failed = True
            raise
        finally:
            stream.close()
            self._ended = True
            self._loop.call_soon_threadsafe(self._news.set)

    def _write_chunk(self, chunk: bytes) -> None:
        with self._changed:
            if not self._segments or self._segments[-1].is_full:
                self._segments.append(_Segment())
            self._segments[-1].write(chunk)
            self._unread_bytes += len(chunk)
            self._room.change(len(chunk))
        self._loop.call_soon_threadsafe(self._news.set)
        with self._changed:
            while self._is_far_ahead and not self._abandoned:
                # other spools can free space as well, without a notification
                self._changed.wait(1.0)

    @property
    def _is_far_ahead(self) -> bool:
        return self._unread_bytes > _AHEAD or (
            self._room.is_empty and self._unread_bytes > _SEGMENT
        )

    # --- on the event loop

    async def next_chunk(self) -> bytes:
        """Return the next chunk; empty at the end.

        Raises ``EOFError`` if the application failed.
        """
        while not (chunk := self._read_chunk()):
            if self._ended and not self._unread_bytes:
                if self._failed:
                    raise EOFError
                return b""
            self._news.clear()
            if not self._unread_bytes and not self._ended:
                await self._news.wait()
        return chunk

    def _read_chunk(self) -> bytes:
        with self._changed:
            if not self._unread_bytes:
                return b""
            segment = self._segments[0]
            chunk = segment.next_chunk()
            if segment.is_full and segment.read == segment.written:
                self._segments.popleft().file.close()
            self._unread_bytes -= len(chunk)
            self._room.change(-len(chunk))
            self._changed.notify()
        return chunk

    def abandon(self) -> None:
        """Tell the writing thread that the reader is gone."""
        with self._changed:
            self._abandoned = True
            self._changed.notify()

    def close(self) -> None:
        """Delete the files; call it after the thread has finished."""
        self._room.change(-self._unread_bytes)
        self._unread_bytes = 0
        while self._segments:
            self._segments.pop().file.close()
