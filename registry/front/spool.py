"""An answer that is made faster than it is read, kept on disk in between."""

from __future__ import annotations

import asyncio
import os
import tempfile
import threading
from typing import IO

from registry.front.answers import PIECE, Stream

#: Bytes that may be ahead of the reader; past them the thread waits for it.
_AHEAD = 256 * 1024 * 1024


class Spool:
    """What a thread writes and the event loop reads, in the same order."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()
        self._advanced = threading.Condition()
        self._file: IO[bytes] = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115
        self._written = 0
        self._read = 0
        self._ended = False
        self._abandoned = False
        self._failed = False

    # --- on the thread of the application

    def fill(self, stream: Stream) -> None:
        """Write all pieces of an answer, or those until its reader is gone."""
        try:
            while not self._abandoned and (piece := stream.next_piece()):
                self._write(piece)
        except BaseException:
            self._failed = True
            raise
        finally:
            stream.close()
            self._ended = True
            self._loop.call_soon_threadsafe(self._news.set)

    def _write(self, piece: bytes) -> None:
        os.pwrite(self._file.fileno(), piece, self._written)
        with self._advanced:
            self._written += len(piece)
            while self._written - self._read > _AHEAD and not self._abandoned:
                self._advanced.wait()
        self._loop.call_soon_threadsafe(self._news.set)

    # --- on the event loop

    async def next_piece(self) -> bytes:
        """Return the next bytes; nothing at the end.

        Raises ``EOFError`` when the application broke off.
        """
        while self._read == self._written:
            if self._ended and self._read == self._written:
                if self._failed:
                    raise EOFError
                return b""
            self._news.clear()
            if self._read == self._written and not self._ended:
                await self._news.wait()
        piece = os.pread(self._file.fileno(), PIECE, self._read)
        with self._advanced:
            self._read += len(piece)
            self._advanced.notify()
        return piece

    def abandon(self) -> None:
        """Tell the thread that nobody reads any more."""
        with self._advanced:
            self._abandoned = True
            self._advanced.notify()

    def close(self) -> None:
        """Remove the file, once the thread is done."""
        self._file.close()
