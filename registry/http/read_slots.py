"""Limits on the costly reads that a process answers at the same time.

A costly read (a lineage, a picture, a provenance document, a crate, an export, a
search) acquires a *slot* before any work is done, and releases it when its response is
closed: after the last chunk of a stream, or when the client disconnects. If no slot is
free, the response is 503 with ``Retry-After`` immediately; requests do not wait.

All anonymous users together use at most half of the threads of the process, and all
costly reads leave two threads free for everything else. The limits apply to each
process. Networks that are exempt from rate limits are not exempt from these.
"""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
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
    from collections.abc import Callable, Iterable, Iterator

    from django.http import HttpRequest, HttpResponse


@dataclass(frozen=True)
class SlotLimits:
    """The slots of all costly reads, of all anonymous users, and of one client.

    ``address`` applies to one anonymous client, ``account`` to one account.
    """

    everybody: int
    anonymous: int
    address: int
    account: int

    @classmethod
    def for_threads(cls, threads: int) -> SlotLimits:
        """Return the limits for a process with so many threads."""
        half = max(1, threads // 2)
        everybody = max(half, threads - 2)
        return cls(everybody, half, max(1, half - 1), max(1, everybody - 1))


class Slots:
    """The slots of this process, and who holds them."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._taken: Counter[str] = Counter()
        self._anonymous = 0
        #: The maximum that anonymous users have held at the same time.
        self.most_anonymous = 0

    def take(self, who: str, *, is_anonymous: bool) -> Slot:
        """Acquire a slot or raise ``Busy``; ``who`` is an address or an account."""
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
        """Release a slot."""
        with self._lock:
            self._taken[who] -= 1
            if not self._taken[who]:
                del self._taken[who]
            self._anonymous -= is_anonymous

    @property
    def taken(self) -> int:
        """Number of slots that are held."""
        with self._lock:
            return self._taken.total()


class Slot:
    """A held slot; ``release`` can be called more than once."""

    def __init__(self, slots: Slots, who: str, *, is_anonymous: bool) -> None:
        self._give_back: Callable[[], None] | None = lambda: slots.give_back(
            who, is_anonymous=is_anonymous
        )

    def release(self) -> None:
        """Release the slot."""
        give_back, self._give_back = self._give_back, None
        if give_back is not None:
            give_back()

    def __del__(self) -> None:
        """Release the slot of a response that was never closed."""
        self.release()


slots = Slots()


def hold_read_slot(request: HttpRequest, user: Any) -> None:
    """Hold a slot until the response is closed; raise ``Busy`` if none is free."""
    if _held_slot(request) is None:
        request.costly_slot = _acquire_slot(request, user)  # type: ignore[attr-defined]


@contextmanager
def brief_read_slot(request: HttpRequest, user: Any) -> Iterator[None]:
    """Hold a slot during the block only; raise ``Busy`` if none is free."""
    slot = _acquire_slot(request, user)
    try:
        yield
    finally:
        slot.release()


def _held_slot(request: HttpRequest) -> Slot | None:
    return getattr(request, "costly_slot", None)


def _acquire_slot(request: HttpRequest, user: Any) -> Slot:
    if user.is_authenticated:
        return slots.take(f"account {user.pk}", is_anonymous=False)
    return slots.take(client_network(request), is_anonymous=True)


class ReadLimitMiddleware:
    """Releases the slot of a request with its response; limits the time of reads."""

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
            slot = _held_slot(request)
            if slot is not None:
                slot.release()
            raise
        slot = _held_slot(request)
        if slot is not None:
            if response.streaming:
                response.streaming_content = _LimitedStream(response.streaming_content)  # type: ignore[attr-defined]
            response._resource_closers.append(slot.release)  # type: ignore[attr-defined]
        if planner_statistics.added_rows.is_due():
            # after the response is sent, so that no client waits for it
            response._resource_closers.append(planner_statistics.update_statistics)  # type: ignore[attr-defined]
        return response


class _LimitedStream:
    """The chunks of a costly response, each produced within the time limits of reads.

    Different threads can read them one after another, outside of the request.
    """

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._end = monotonic() + (settings.STREAM_SECONDS or float("inf"))

    def __iter__(self) -> _LimitedStream:
        return self

    def __next__(self) -> bytes:
        if monotonic() > self._end:
            raise StatementTimeout
        with statement_timeout(settings.READ_SECONDS):
            return next(self._chunks)
