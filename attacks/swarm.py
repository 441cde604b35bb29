"""Run many attackers of one type at the same time."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import uniform

from attacks.attackers.base import AttackContext, Attacker
from attacks.connection import OPEN, REFUSED, RESET, RawConnection


class Swarm:
    """Attackers of one type; `outcomes` counts the outcomes of their connections."""

    def __init__(self, kind: Attacker, context: AttackContext) -> None:
        self.outcomes: Counter[str] = Counter()
        self._kind, self._context = kind, context

    @asynccontextmanager
    async def of(self, clients: int) -> AsyncIterator[None]:
        """Attack with `clients` connections at a time until the block ends."""
        attackers = [
            asyncio.create_task(self._attack_repeatedly(number))
            for number in range(clients)
        ]
        try:
            yield
        finally:
            for attacker in attackers:
                attacker.cancel()
            await asyncio.gather(*attackers, return_exceptions=True)

    async def _attack_repeatedly(self, number: int) -> None:
        while True:
            outcome = OPEN
            try:
                outcome = await self._attack(number)
            finally:
                # also if the run ends: then the connection is still open
                self.outcomes[outcome] += 1
            # attackers that were rejected together do not reconnect together
            await asyncio.sleep(self._kind.pause * uniform(0.5, 1.5))

    async def _attack(self, number: int) -> str:
        kind = self._kind
        try:
            async with RawConnection.open(
                self._context.target, small=kind.small_buffer
            ) as connection:
                return await kind.attack(connection, self._context, number)
        except ConnectionRefusedError:
            return REFUSED
        except OSError:
            return RESET
