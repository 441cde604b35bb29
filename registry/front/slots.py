"""A bounded number of places for work, shared fairly among addresses."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class NoSlot(Exception):
    """No place became free in time."""


class Slots:
    """Places that are given to whoever holds the fewest, not to whoever came first."""

    def __init__(self, size: int, *, seconds: float | None = None) -> None:
        """Offer ``size`` places; ``seconds`` is how long anybody waits for one.

        None is as long as it takes.
        """
        self._free = size
        self._seconds = seconds
        self._held: Counter[str] = Counter()
        self._waiting: dict[asyncio.Future[None], str] = {}

    @asynccontextmanager
    async def hold(self, address: str) -> AsyncIterator[None]:
        """Hold a place; raise ``NoSlot`` when there is none for too long."""
        await self._acquire(address)
        self._held[address] += 1
        try:
            yield
        finally:
            self._held[address] -= 1
            self._held += Counter()  # drops the addresses that hold nothing
            self._pass_on()

    async def _acquire(self, address: str) -> None:
        if self._free > 0:
            self._free -= 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting[turn] = address
        try:
            async with asyncio.timeout(self._seconds):
                await turn
        except TimeoutError as error:
            raise NoSlot from error
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                # it was given a place while it was being cancelled
                self._pass_on()
            raise
        finally:
            self._waiting.pop(turn, None)

    def _pass_on(self) -> None:
        waiting = [turn for turn in self._waiting if not turn.done()]
        if not waiting:
            self._free += 1
            return
        turn = min(waiting, key=lambda turn: self._held[self._waiting[turn]])
        turn.set_result(None)
