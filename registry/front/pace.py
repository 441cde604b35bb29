"""How slow a client may be, while it sends a body or reads an answer."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass


@dataclass(frozen=True)
class Patience:
    """The slowest client that is served: ``rate`` is in bytes a second.

    A client may pause for ``seconds``. Each byte that it moves earns it the time that
    the byte takes at the slowest rate, so that the pauses of a whole transfer come to
    little more than ``seconds`` beyond that time.
    """

    seconds: float
    rate: float

    def start(self) -> Pace:
        """Start the clock of one transfer."""
        return Pace(self)

    def to_move(self, size: int) -> float:
        """Return the seconds that a client has to take so many bytes."""
        return self.seconds + size / self.rate


class Pace:
    """The time that one client has left; use it on the event loop only."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._clock = asyncio.get_running_loop().time
        self.deadline = self._clock() + patience.seconds

    def moved(self, size: int) -> None:
        """Give the client the time that it has earned, without saving up for pauses."""
        earned = self.deadline + size / self._patience.rate
        self.deadline = min(earned, self._clock() + self._patience.seconds)
