"""How slow a client may be, while it sends a body or reads an answer."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass


@dataclass(frozen=True)
class TransferTimeout:
    """The slowest client that is served: ``rate`` is in bytes a second.

    A client may pause for ``seconds``. Each byte that it moves earns it the time that
    the byte takes at the slowest rate, so that the pauses of a whole transfer come to
    little more than ``seconds`` beyond that time.
    """

    seconds: float
    rate: float

    def start(self) -> TransferDeadline:
        """Start the clock of one transfer."""
        return TransferDeadline(self)

    def seconds_for(self, size: int) -> float:
        """Return the seconds that a client has to take so many bytes."""
        return self.seconds + size / self.rate


class TransferDeadline:
    """The time that one client has left; use it on the event loop only."""

    def __init__(self, transfer_timeout: TransferTimeout) -> None:
        self._transfer_timeout = transfer_timeout
        self._clock = asyncio.get_running_loop().time
        self.ends_at = self._clock() + transfer_timeout.seconds

    def extend_for(self, size: int) -> None:
        """Give the client the time that it has earned, without saving up for pauses."""
        earned = self.ends_at + size / self._transfer_timeout.rate
        self.ends_at = min(earned, self._clock() + self._transfer_timeout.seconds)
