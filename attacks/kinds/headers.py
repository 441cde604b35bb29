"""Attackers whose headers never end."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import chain, count

from attacks.connection import CLOSED, RawConnection
from attacks.kinds.base import Kind, Scene, request


class UnfinishedHeaders(Kind):
    """Sends most of a request at once, and then a header now and then."""

    name = "headers: unfinished"

    async def attack(self, connection: RawConnection, scene: Scene, number: int) -> str:
        """Keep the empty line back."""
        connection.send(request(scene, "GET", "/api/")[:-2])
        return await connection.trickle(_headers(), pace=1)


class TrickledHeaders(Kind):
    """Sends a request byte by byte from its beginning."""

    name = "headers: byte by byte"

    async def attack(self, connection: RawConnection, scene: Scene, number: int) -> str:
        """Send two bytes a second."""
        start = request(scene, "GET", "/api/")[:-2]
        bytes_of_it = (bytes([byte]) for byte in start)
        return await connection.trickle(chain(bytes_of_it, _headers()), pace=0.5)


class OldVersion(Kind):
    """Speaks HTTP/1.0, whose requests some servers read in another way."""

    name = "headers: unfinished, HTTP/1.0"

    async def attack(self, connection: RawConnection, scene: Scene, number: int) -> str:
        """Keep the empty line back."""
        start = request(
            scene, "POST", "/sign-in", "Connection: keep-alive", version="1.0"
        )
        connection.send(start[:-2])
        return await connection.trickle(_headers(), pace=1)


class Idle(Kind):
    """Connects and never says anything."""

    name = "idle connections"

    async def attack(self, connection: RawConnection, scene: Scene, number: int) -> str:
        """Wait until the server hangs up."""
        return await connection.outcome()


class KeptAlive(Kind):
    """Has a request answered now and then over a connection that is never closed."""

    name = "kept connections"

    async def attack(self, connection: RawConnection, scene: Scene, number: int) -> str:
        """Ask for something cheap every two seconds."""
        connection.send(request(scene, "GET", "/livez"))
        while await connection.read(4096):
            await asyncio.sleep(2)
            connection.send(request(scene, "GET", "/livez"))
        return CLOSED


def _headers() -> Iterator[bytes]:
    return (b"X-%d: x\r\n" % number for number in count())


KINDS: tuple[Kind, ...] = (
    UnfinishedHeaders(),
    TrickledHeaders(),
    OldVersion(),
    Idle(),
    KeptAlive(),
)
