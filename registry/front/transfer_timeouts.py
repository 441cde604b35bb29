"""Timeouts for clients that send a body or read a response slowly."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass


@dataclass(frozen=True)
class TransferTimeout:
    """The slowest transfer that is allowed: ``rate`` is in bytes per second.

    A client can pause for ``seconds``. Each transferred byte extends the deadline by
    the time that it takes at the minimum rate, so the pauses of a whole transfer add up
    to little more than ``seconds``.
    """

    seconds: float
    rate: float

    def start(self) -> TransferDeadline:
        """Start the deadline of one transfer."""
        return TransferDeadline(self)

    def seconds_for(self, size: int) -> float:
        """Return the seconds that a client has to receive ``size`` bytes."""
        return self.seconds + size / self.rate


class TransferDeadline:
    """The deadline of one transfer; use it on the event loop only."""

    def __init__(self, transfer_timeout: TransferTimeout) -> None:
        self._transfer_timeout = transfer_timeout
        self._clock = asyncio.get_running_loop().time
        self.ends_at = self._clock() + transfer_timeout.seconds

    def extend_for(self, size: int) -> None:
        """Extend the deadline for ``size`` transferred bytes, up to the full pause."""
        earned = self.ends_at + size / self._transfer_timeout.rate
        self.ends_at = min(earned, self._clock() + self._transfer_timeout.seconds)
