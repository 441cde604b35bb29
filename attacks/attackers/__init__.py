"""The types of attackers."""

from __future__ import annotations

from attacks.attackers import bodies, floods, headers, readers
from attacks.attackers.base import Attacker

ATTACKER_TYPES: tuple[Attacker, ...] = (
    *headers.ATTACKER_TYPES,
    *bodies.ATTACKER_TYPES,
    *readers.ATTACKER_TYPES,
    *floods.ATTACKER_TYPES,
)


def find_attackers(part: str) -> tuple[Attacker, ...]:
    """Return the types of attackers with this text in their names."""
    return tuple(kind for kind in ATTACKER_TYPES if part in kind.name)
