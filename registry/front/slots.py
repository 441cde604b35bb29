"""A bounded number of places for work, shared fairly among addresses."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class NoFreeSlot(Exception):
    """No place became free in time."""


class Slots:
    """Places for work, which go around among those who wait.

    A free place is given to the address that holds the fewest, and among those to the
    one whose turn is longest ago; not to whoever sends the most.
    """

    def __init__(self, size: int, *, seconds: float | None = None) -> None:
        """Offer ``size`` places; ``seconds`` is how long anybody waits for one.

        None is as long as it takes.
        """
        self._free = size
        self._seconds = seconds
        self._held: Counter[str] = Counter()
        self._waiting: dict[asyncio.Future[None], str] = {}
        self._turns: dict[str, int] = {}
        self._numbers = itertools.count(1)

    @asynccontextmanager
    async def hold(self, address: str) -> AsyncIterator[None]:
        """Hold a place; raise ``NoFreeSlot`` when there is none for too long."""
        await self.acquire(address)
        try:
            yield
        finally:
            self.release(address)

    async def acquire(self, address: str) -> None:
        """Take a place, which is to be released; raise ``NoFreeSlot``."""
        if self._free > 0:
            self._free -= 1
            self._give(address)
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting[turn] = address
        try:
            async with asyncio.timeout(self._seconds):
                await turn
        except (TimeoutError, asyncio.CancelledError) as error:
            if turn.done() and not turn.cancelled():
                # it was given a place at the last moment
                self.release(address)
            if isinstance(error, TimeoutError):
                raise NoFreeSlot from error
            raise
        finally:
            self._waiting.pop(turn, None)

    def _give(self, address: str) -> None:
        self._held[address] += 1
        self._turns[address] = next(self._numbers)

    def release(self, address: str) -> None:
        """Free a place, and pass it on."""
        self._held[address] -= 1
        waiting = [turn for turn in self._waiting if not turn.done()]
        if waiting:
            turn = min(waiting, key=self._rank)
            self._give(self._waiting[turn])
            turn.set_result(None)
        else:
            self._free += 1
            # nobody waits: whose turn it was does not matter any more
            self._turns.clear()
            self._held += Counter()

    def _rank(self, turn: asyncio.Future[None]) -> tuple[int, int]:
        address = self._waiting[turn]
        return self._held[address], self._turns.get(address, 0)
