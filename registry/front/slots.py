"""A bounded number of slots for work, shared fairly among addresses."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class NoFreeSlot(Exception):
    """No slot became free in time."""


class Slots:
    """A semaphore that is fair to addresses.

    A free slot goes to the waiting address that holds the fewest slots; among equals,
    to the one whose last slot is longest ago. Sending more requests gains nothing.
    """

    def __init__(self, size: int, *, seconds: float | None = None) -> None:
        """Create ``size`` slots; ``seconds`` is the timeout for acquiring one.

        With None there is no timeout.
        """
        self._free = size
        self._seconds = seconds
        self._held: Counter[str] = Counter()
        self._waiting: dict[asyncio.Future[None], str] = {}
        self._turns: dict[str, int] = {}
        self._numbers = itertools.count(1)

    @asynccontextmanager
    async def hold(self, address: str) -> AsyncIterator[None]:
        """Hold a slot during the block; raise ``NoFreeSlot`` after the timeout."""
        await self.acquire(address)
        try:
            yield
        finally:
            self.release(address)

    async def acquire(self, address: str) -> None:
        """Acquire a slot to release later; raise ``NoFreeSlot`` after the timeout."""
        if self._free > 0:
            self._free -= 1
            self._assign_slot(address)
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting[turn] = address
        try:
            async with asyncio.timeout(self._seconds):
                await turn
        except (TimeoutError, asyncio.CancelledError) as error:
            if turn.done() and not turn.cancelled():
                # it got a slot just before it was cancelled
                self.release(address)
            if isinstance(error, TimeoutError):
                raise NoFreeSlot from error
            raise
        finally:
            self._waiting.pop(turn, None)

    def _assign_slot(self, address: str) -> None:
        self._held[address] += 1
        self._turns[address] = next(self._numbers)

    def release(self, address: str) -> None:
        """Release a slot, and give it to a waiting address."""
        self._held[address] -= 1
        waiting = [turn for turn in self._waiting if not turn.done()]
        if waiting:
            turn = min(waiting, key=self._rank_waiter)
            self._assign_slot(self._waiting[turn])
            turn.set_result(None)
        else:
            self._free += 1
            # nobody waits: the order of turns no longer matters
            self._turns.clear()
            self._held += Counter()

    def _rank_waiter(self, turn: asyncio.Future[None]) -> tuple[int, int]:
        address = self._waiting[turn]
        return self._held[address], self._turns.get(address, 0)
