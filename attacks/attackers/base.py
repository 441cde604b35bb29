"""What an attacker is: one connection after another, each with the same trick."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from itertools import repeat
from typing import NamedTuple

from attacks.connection import RawConnection
from attacks.sample_data import SamplePaths
from attacks.target import Target


class AttackContext(NamedTuple):
    """Where an attack takes place.

    `cookie` is the one against forged forms: without it they are refused by their
    headers, and with it by a field of their body. `uploads` are signed paths, one per
    attacker, for kinds that use them.
    """

    target: Target
    samples: SamplePaths
    cookie: str
    uploads: tuple[str, ...] = ()


class Attacker(ABC):
    """A kind of attacker.

    `pause` is how many seconds, on average, an attacker that was thrown out waits
    before it connects again: slow clients are not measured as a flood of requests.
    `uploads` is true for kinds that use signed paths.
    """

    name: str
    pause: float = 4
    small_buffer: bool = False
    uploads: bool = False

    @abstractmethod
    async def attack(
        self, connection: RawConnection, context: AttackContext, number: int
    ) -> str:
        """Attack over this connection until it ends; return the outcome."""


def request(
    context: AttackContext,
    method: str,
    path: str,
    *headers: str,
    token: str | None = None,
    version: str = "1.1",
) -> bytes:
    """Return the head of a request, with this API token where one is given."""
    if token is not None:
        headers = (f"Authorization: token {token}", *headers)
    lines = (
        f"{method} {path} HTTP/{version}",
        f"Host: {context.target.host}",
        *headers,
    )
    return "\r\n".join((*lines, "", "")).encode()


def slowly(piece: bytes) -> Iterator[bytes]:
    """Repeat a piece for ever; the attack ends when the server or the run does."""
    return repeat(piece)
