"""Attackers that read responses as slowly as possible, or not at all."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from attacks.attackers.base import AttackContext, Attacker, request
from attacks.connection import CLOSED, RawConnection


@dataclass
class SlowReader(Attacker):
    """Reads 1 kB/s of an answer; `what` names the field of `SamplePaths` to ask for."""

    name: str
    what: str
    token: bool = False
    small_buffer: bool = True

    async def attack(
        self, connection: RawConnection, context: AttackContext, number: int
    ) -> str:
        """Read until the server closes the connection."""
        connection.send(request(context, "GET", getattr(context.samples, self.what)))
        first = b""
        while data := await connection.read(1024):
            first = first or data
            await asyncio.sleep(1)
        status = first.split(b" ", 2)[1:2]
        return f"{status[0].decode()} {CLOSED}" if status else CLOSED


class Unread(Attacker):
    """Requests a large file and reads nothing."""

    name = "readers: nothing is read"
    small_buffer = True

    async def attack(
        self, connection: RawConnection, context: AttackContext, number: int
    ) -> str:
        """Request the large file, and wait until the server closes the connection."""
        connection.send(request(context, "GET", context.samples.download))
        return await _until_reset(connection)


class Pipelined(Attacker):
    """Sends hundreds of requests at once and reads no response."""

    name = "readers: pipelined and unread"
    small_buffer = True

    async def attack(
        self, connection: RawConnection, context: AttackContext, number: int
    ) -> str:
        """Request a page of records five hundred times."""
        connection.send(request(context, "GET", context.samples.page) * 500)
        return await _until_reset(connection)


async def _until_reset(connection: RawConnection) -> str:
    """Send empty lines until the connection breaks because the server closed it."""
    while not connection.is_closing:
        await asyncio.sleep(1)
        connection.send(b"\r\n")
    return CLOSED


ATTACKER_TYPES: tuple[Attacker, ...] = (
    SlowReader("readers: slow download", "download"),
    SlowReader("readers: slow CSV", "export"),
    SlowReader("readers: slow crate", "crate"),
    Unread(),
    Pipelined(),
)
