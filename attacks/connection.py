"""A raw connection of an attacker, and its outcome."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Self

from attacks.target import Target

#: Outcomes of a connection without a status.
CLOSED, RESET, REFUSED, OPEN = "closed", "reset", "refused", "open"
#: Bytes in the kernel's receive buffer of a slow reader.
SMALL_BUFFER = 4096


class RawConnection:
    """Sends raw bytes and reads the status line of the response."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._reader, self._writer = reader, writer
        self._answer: asyncio.Task[str] | None = None

    @classmethod
    @asynccontextmanager
    async def open(cls, target: Target, *, small: bool = False) -> AsyncIterator[Self]:
        """Connect, with a small receive buffer if `small` is true."""
        reader, writer = await target.open(limit=1024)
        if small:
            raw: socket.socket = writer.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
        connection = cls(reader, writer)
        try:
            yield connection
        finally:
            await connection.close()

    async def close(self) -> None:
        """Close the connection without waiting for unsent data."""
        # first, for the attacker can be cancelled while it waits below
        self._writer.transport.abort()
        if self._answer is not None:
            self._answer.cancel()
            await asyncio.gather(self._answer, return_exceptions=True)
        try:
            await self._writer.wait_closed()
        except OSError:
            # reset by the server, which is one way to be disconnected
            return

    def send(self, data: bytes) -> None:
        """Send without waiting; data that the server does not read stays in memory."""
        self._writer.write(data)

    @property
    def is_closing(self) -> bool:
        """Whether either side has closed the connection, as far as is known."""
        return self._writer.transport.is_closing()

    async def read(self, size: int) -> bytes:
        """Return at most `size` bytes; empty at the end."""
        return await self._reader.read(size)

    async def outcome(self, timeout: float | None = None) -> str:
        """Return the status of the first response, or how the connection ended.

        Returns ``OPEN`` if neither happens within `timeout` seconds.
        """
        if self._answer is None:
            self._answer = asyncio.create_task(self._read_outcome())
        await asyncio.wait({self._answer}, timeout=timeout)
        return self._answer.result() if self._answer.done() else OPEN

    async def trickle(self, pieces: Iterable[bytes], pace: float) -> str:
        """Send a chunk every `pace` seconds until the server responds or closes."""
        for piece in pieces:
            outcome = await self.outcome(timeout=pace)
            if outcome != OPEN:
                return outcome
            self.send(piece)
        return await self.outcome()

    async def _read_outcome(self) -> str:
        try:
            first = await self._read_status_line()
        except asyncio.IncompleteReadError as error:
            return CLOSED if not error.partial else _parse_status(error.partial)
        except asyncio.LimitOverrunError:
            return "no HTTP"
        except OSError:
            return RESET
        return _parse_status(first)

    async def _read_status_line(self) -> bytes:
        """Return the status line of the response, after interim ones (100)."""
        while _parse_status(line := await self._reader.readuntil(b"\r\n")) == "100":
            while await self._reader.readuntil(b"\r\n") != b"\r\n":
                continue
        return line


def _parse_status(line: bytes) -> str:
    words = line.split()
    return words[1].decode(errors="replace") if len(words) > 1 else "no HTTP"
