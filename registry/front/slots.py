"""A bounded number of places for work, shared fairly among addresses."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class NoSlot(Exception):
    """No place became free in time."""


#: Seconds for which an address counts as one that asks as well.
_PRESENT = 5.0


class Slots:
    """Places for work, which go around among those who wait.

    A free place is given to the address that holds the fewest, and among those to the
    one whose turn is longest ago; not to whoever sends the most.
    """

    def __init__(
        self, size: int, *, seconds: float | None = None, share: int | None = None
    ) -> None:
        """Offer ``size`` places; ``seconds`` is how long anybody waits for one.

        None is as long as it takes. ``share`` is how many one address may hold while
        others ask as well: places that share a processor are slower the more of them
        are at work, so that a free one alone does not help. None is all of them.
        """
        self._size = self._free = size
        self._seconds = seconds
        self._share = size if share is None else share
        self._held: Counter[str] = Counter()
        self._waiting: dict[asyncio.Future[None], str] = {}
        self._turns: dict[str, int] = {}
        self._numbers = itertools.count(1)
        #: when each address last asked, the longest ago first
        self._asked: dict[str, float] = {}

    @asynccontextmanager
    async def hold(self, address: str) -> AsyncIterator[None]:
        """Hold a place; raise ``NoSlot`` when there is none for too long."""
        await self.acquire(address)
        try:
            yield
        finally:
            self.release(address)

    async def acquire(self, address: str) -> None:
        """Take a place, which is to be released; raise ``NoSlot``."""
        self._note(address)
        if self._free > 0 and self._may_have_more(address):
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
                raise NoSlot from error
            raise
        finally:
            self._waiting.pop(turn, None)

    def _note(self, address: str) -> None:
        """Remember who asks, for a while."""
        self._asked.pop(address, None)
        self._asked[address] = asyncio.get_running_loop().time()

    def _may_have_more(self, address: str) -> bool:
        most = self._share if self._others_than(address) else self._size
        return self._held[address] < most

    def _others_than(self, address: str) -> bool:
        """Tell whether others have asked of late; forget those who have not."""
        past = asyncio.get_running_loop().time() - _PRESENT
        while self._asked and next(iter(self._asked.values())) < past:
            del self._asked[next(iter(self._asked))]
        return len(self._asked) > (address in self._asked)

    def _give(self, address: str) -> None:
        self._free -= 1
        self._held[address] += 1
        self._turns[address] = next(self._numbers)

    def release(self, address: str) -> None:
        """Free a place, and pass on what is free."""
        self._free += 1
        self._held[address] -= 1
        while self._free and (turn := self._next()):
            self._give(self._waiting[turn])
            turn.set_result(None)
        if not self._waiting:
            # nobody waits: whose turn it was does not matter any more
            self._turns.clear()
            self._held += Counter()

    def _next(self) -> asyncio.Future[None] | None:
        """Return whose turn it is, of those who wait and may have a place."""
        waiting = (
            turn
            for turn, address in self._waiting.items()
            if not turn.done() and self._may_have_more(address)
        )
        return min(waiting, key=self._rank, default=None)

    def _rank(self, turn: asyncio.Future[None]) -> tuple[int, int]:
        address = self._waiting[turn]
        return self._held[address], self._turns.get(address, 0)
