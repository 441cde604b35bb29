"""How many costly reads a process answers at the same time, all together and for one.

A costly read (a lineage, a picture, a document about provenance, a crate, an export, a
search) takes a *slot* before any work is done, and gives it back when its answer is
closed: after the last piece of a stream, and when the client has gone. Where no slot is
free the answer is 503 with ``Retry-After`` at once; nobody waits for one.

Of the threads of the process, people without an account have half at most, all of them
together, and all costly reads leave two free for everything else. The limits are those
of one process: so many processes, so many times half of the threads. Networks that are
exempt from rate limits are not exempt from these.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Any

from django.conf import settings

from registry.core import planner_statistics
from registry.core.errors import Busy, StatementTimeout
from registry.core.statement_timeouts import statement_timeout
from registry.http.addresses import client_network
from registry.http.throttling import SAFE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from django.http import HttpRequest, HttpResponse


@dataclass(frozen=True)
class SlotLimits:
    """Slots of all costly reads, of those without an account, and of one address.

    ``account`` are those of one account.
    """

    everybody: int
    anonymous: int
    address: int
    account: int

    @classmethod
    def for_threads(cls, threads: int) -> SlotLimits:
        """Divide the threads of a process."""
        half = max(1, threads // 2)
        everybody = max(half, threads - 2)
        return cls(everybody, half, max(1, half - 1), max(1, everybody - 1))


class Slots:
    """The slots of this process: which are taken, and by whom."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._taken: Counter[str] = Counter()
        self._anonymous = 0
        #: The most that people without an account have ever had at the same time.
        self.most_anonymous = 0

    def take(self, who: str, *, is_anonymous: bool) -> Slot:
        """Take a slot, or raise ``Busy``; ``who`` is an address or an account."""
        limits = SlotLimits.for_threads(settings.THREADS)
        with self._lock:
            own = limits.address if is_anonymous else limits.account
            if self._taken[who] >= own:
                raise Busy("You are being answered as much as possible; try again.")
            if self._taken.total() >= limits.everybody or (
                is_anonymous and self._anonymous >= limits.anonymous
            ):
                raise Busy("Too much is being asked for just now; try again.")
            self._taken[who] += 1
            self._anonymous += is_anonymous
            self.most_anonymous = max(self.most_anonymous, self._anonymous)
        return Slot(self, who, is_anonymous=is_anonymous)

    def give_back(self, who: str, *, is_anonymous: bool) -> None:
        """Free a slot."""
        with self._lock:
            self._taken[who] -= 1
            if not self._taken[who]:
                del self._taken[who]
            self._anonymous -= is_anonymous

    @property
    def taken(self) -> int:
        """How many slots are taken."""
        with self._lock:
            return self._taken.total()


class Slot:
    """One costly read; ``release`` may be called more than once."""

    def __init__(self, slots: Slots, who: str, *, is_anonymous: bool) -> None:
        self._give_back: Callable[[], None] | None = lambda: slots.give_back(
            who, is_anonymous=is_anonymous
        )

    def release(self) -> None:
        """Give the slot back."""
        give_back, self._give_back = self._give_back, None
        if give_back is not None:
            give_back()

    def __del__(self) -> None:
        """Give back what an answer that was never closed has held."""
        self.release()


slots = Slots()


def hold_read_slot(request: HttpRequest, user: Any) -> None:
    """Take a slot until the answer is closed; raises ``Busy`` where none is free."""
    if _slot_of(request) is None:
        request.costly_slot = _take(request, user)  # type: ignore[attr-defined]


def _slot_of(request: HttpRequest) -> Slot | None:
    return getattr(request, "costly_slot", None)


def _take(request: HttpRequest, user: Any) -> Slot:
    if user.is_authenticated:
        return slots.take(f"account {user.pk}", is_anonymous=False)
    return slots.take(client_network(request), is_anonymous=True)


class ReadLimitMiddleware:
    """Frees the slot of a request with its answer, and limits the time of reads."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        try:
            with statement_timeout(
                settings.READ_SECONDS if request.method in SAFE else 0
            ):
                response = self.get_response(request)
        except BaseException:
            slot = _slot_of(request)
            if slot is not None:
                slot.release()
            raise
        slot = _slot_of(request)
        if slot is not None:
            if response.streaming:
                response.streaming_content = _LimitedStream(response.streaming_content)  # type: ignore[attr-defined]
            response._resource_closers.append(slot.release)  # type: ignore[attr-defined]
        if planner_statistics.added_rows.is_due():
            # when the answer was sent, so that nobody waits for it
            response._resource_closers.append(planner_statistics.update_statistics)  # type: ignore[attr-defined]
        return response


class _LimitedStream:
    """The pieces of a costly answer, each read within the limits of reads.

    They may be asked for by one thread after the other, outside of the request.
    """

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._end = monotonic() + (settings.STREAM_SECONDS or float("inf"))

    def __iter__(self) -> _LimitedStream:
        return self

    def __next__(self) -> bytes:
        if monotonic() > self._end:
            raise StatementTimeout
        with statement_timeout(settings.READ_SECONDS):
            return next(self._pieces)
