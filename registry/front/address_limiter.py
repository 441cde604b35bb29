"""Limit the requests of one address that run while other addresses wait."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

#: Seconds for which an address counts as active after a request.
_RECENT_SECONDS = 5.0
#: Seconds after which a request is assumed to wait for something but the processor.
_SHORT_REQUEST_SECONDS = 0.5


class AddressLimiter:
    """Keep one address from occupying all threads with short requests.

    Threads share a processor: even a free thread is slow while all others compute. So
    at most ``limit`` requests of one address run at a time while other addresses are
    active. A request that has run for half a second is no longer counted: it waits for
    a program or the database, or has a limit of its own.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._running: Counter[str] = Counter()
        self._waiting: defaultdict[str, deque[asyncio.Future[None]]] = defaultdict(
            deque
        )
        #: time of the last request of each address, oldest first
        self._asked: dict[str, float] = {}

    @asynccontextmanager
    async def hold(self, address: str) -> AsyncIterator[None]:
        """Run the block as one request of this address; wait until it can begin."""
        loop = asyncio.get_running_loop()
        self._asked.pop(address, None)
        self._asked[address] = loop.time()
        await self._wait_to_begin(address)
        timer = loop.call_later(_SHORT_REQUEST_SECONDS, self._finish_request, address)
        try:
            yield
        finally:
            if timer.when() > loop.time():
                timer.cancel()
                self._finish_request(address)

    async def _wait_to_begin(self, address: str) -> None:
        if not self._waiting[address] and self._can_begin(address):
            self._running[address] += 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting[address].append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                # it was allowed to begin just before it was cancelled
                self._finish_request(address)
            raise

    def _finish_request(self, address: str) -> None:
        """Stop counting a request, and let waiting ones begin."""
        self._running[address] -= 1
        waiting = self._waiting[address]
        while waiting and self._can_begin(address):
            turn = waiting.popleft()
            if not turn.done():
                self._running[address] += 1
                turn.set_result(None)
        if not self._running[address]:
            # no request of this address is left
            del self._running[address], self._waiting[address]

    def _can_begin(self, address: str) -> bool:
        return self._running[address] < self._limit or not self._has_other_addresses(
            address
        )

    def _has_other_addresses(self, address: str) -> bool:
        """Return whether other addresses are active; forget inactive ones."""
        past = asyncio.get_running_loop().time() - _RECENT_SECONDS
        while self._asked and next(iter(self._asked.values())) < past:
            del self._asked[next(iter(self._asked))]
        return len(self._asked) > (address in self._asked)
