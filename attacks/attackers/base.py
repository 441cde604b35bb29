"""The base class of attackers: each opens connections that misbehave in one way."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from itertools import repeat
from typing import NamedTuple

from attacks.connection import RawConnection
from attacks.sample_data import SamplePaths
from attacks.target import Target


class AttackContext(NamedTuple):
    """The target of an attack and what it needs.

    `cookie` is the CSRF cookie: without it forms are rejected by their headers, with it
    by a field of their body. `uploads` are signed paths, one per attacker, for types
    that use them.
    """

    target: Target
    samples: SamplePaths
    cookie: str
    uploads: tuple[str, ...] = ()


class Attacker(ABC):
    """A type of attacker.

    `pause` is the average time in seconds before an attacker reconnects after it was
    disconnected, so that slow clients are not measured as a flood of requests.
    `uploads` is true for types that use signed paths.
    """

    name: str
    pause: float = 4
    small_buffer: bool = False
    uploads: bool = False

    @abstractmethod
    async def attack(
        self, connection: RawConnection, context: AttackContext, number: int
    ) -> str:
        """Attack over this connection until it closes; return the outcome."""


def request(
    context: AttackContext,
    method: str,
    path: str,
    *headers: str,
    token: str | None = None,
    version: str = "1.1",
) -> bytes:
    """Return the head of a request, with an API token if one is given."""
    if token is not None:
        headers = (f"Authorization: token {token}", *headers)
    lines = (
        f"{method} {path} HTTP/{version}",
        f"Host: {context.target.host}",
        *headers,
    )
    return "\r\n".join((*lines, "", "")).encode()


def repeat_forever(piece: bytes) -> Iterator[bytes]:
    """Repeat data forever; the attack ends when the server closes or the run ends."""
    return repeat(piece)
