"""The kinds of attackers, by their names."""

from __future__ import annotations

from attacks.kinds import bodies, floods, headers, readers
from attacks.kinds.base import Kind

KINDS: tuple[Kind, ...] = (
    *headers.KINDS,
    *bodies.KINDS,
    *readers.KINDS,
    *floods.KINDS,
)


def named(part: str) -> tuple[Kind, ...]:
    """Return the kinds with this in their names."""
    return tuple(kind for kind in KINDS if part in kind.name)
