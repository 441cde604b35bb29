"""The share of the processor that one address has while others ask as well."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

#: Seconds for which an address counts as one that asks as well.
_RECENT_SECONDS = 5.0
#: Seconds after which a request is taken to wait for something else than the processor.
_SHORT_REQUEST_SECONDS = 0.5


class AddressLimiter:
    """Keeps one address from having all threads at work on short requests.

    Threads share a processor: a free one is slow where all others compute. So of the
    requests of one address only so many begin at a time, while others ask as well. A
    request that has been at work for half a second counts no more: what takes so long
    waits for a program or the database, or has a limit of its own.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._running: Counter[str] = Counter()
        self._waiting: defaultdict[str, deque[asyncio.Future[None]]] = defaultdict(
            deque
        )
        #: when each address last asked, the longest ago first
        self._asked: dict[str, float] = {}

    @asynccontextmanager
    async def hold(self, address: str) -> AsyncIterator[None]:
        """Wait until another request of this address may begin."""
        loop = asyncio.get_running_loop()
        self._asked.pop(address, None)
        self._asked[address] = loop.time()
        await self._begin(address)
        timer = loop.call_later(_SHORT_REQUEST_SECONDS, self._leave, address)
        try:
            yield
        finally:
            if timer.when() > loop.time():
                timer.cancel()
                self._leave(address)

    async def _begin(self, address: str) -> None:
        if not self._waiting[address] and self._can_begin(address):
            self._running[address] += 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting[address].append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                # it was let in at the last moment
                self._leave(address)
            raise

    def _leave(self, address: str) -> None:
        """Count a request no more, and let in who waits."""
        self._running[address] -= 1
        waiting = self._waiting[address]
        while waiting and self._can_begin(address):
            turn = waiting.popleft()
            if not turn.done():
                self._running[address] += 1
                turn.set_result(None)
        if not self._running[address]:
            # nobody of this address is here any more
            del self._running[address], self._waiting[address]

    def _can_begin(self, address: str) -> bool:
        return self._running[address] < self._limit or not self._has_other_addresses(
            address
        )

    def _has_other_addresses(self, address: str) -> bool:
        """Tell whether others have asked of late; forget those who have not."""
        past = asyncio.get_running_loop().time() - _RECENT_SECONDS
        while self._asked and next(iter(self._asked.values())) < past:
            del self._asked[next(iter(self._asked))]
        return len(self._asked) > (address in self._asked)
