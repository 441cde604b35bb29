"""Parse shell patterns (POSIX.1-2024, section 2.14) into parts.

The patterns for both databases are built from these parts, so that they agree in all
edge cases: an unclosed bracket matches itself, ``[!a]`` negates, an empty range matches
nothing.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Literal:
    """Text that matches itself."""

    text: str


@dataclass(frozen=True)
class AnyText:
    """``*``: any text, including the empty one."""


@dataclass(frozen=True)
class AnyCharacter:
    """``?``: exactly one character."""


@dataclass(frozen=True)
class CharacterSet:
    """``[…]``: one character in the ranges, or outside them if negated.

    Without ranges it matches nothing, unless it is negated.
    """

    negated: bool
    ranges: tuple[tuple[str, str], ...]


Part = Literal | AnyText | AnyCharacter | CharacterSet
Glob = tuple[Part, ...]


def parse_glob(pattern: str) -> Glob:
    """Parse a pattern; every text is valid."""
    parts: list[Part] = []
    position = 0
    while position < len(pattern):
        part, position = _parse_next(pattern, position)
        _append_part(parts, part)
    return tuple(parts)


def _append_part(parts: list[Part], part: Part) -> None:
    """Append a part; merge adjacent literals and adjacent stars."""
    last = parts[-1] if parts else None
    if isinstance(part, Literal) and isinstance(last, Literal):
        parts[-1] = Literal(last.text + part.text)
    elif not (isinstance(part, AnyText) and isinstance(last, AnyText)):
        parts.append(part)


def _parse_next(pattern: str, position: int) -> tuple[Part, int]:
    match pattern[position]:
        case "*":
            return AnyText(), position + 1
        case "?":
            return AnyCharacter(), position + 1
        case "[":
            return _parse_bracket(pattern, position)
        case character:
            return Literal(character), position + 1


def _parse_bracket(pattern: str, position: int) -> tuple[Part, int]:
    """Parse a bracket expression, or an unclosed bracket as a literal."""
    start = position + 1
    negated = pattern[start : start + 1] in {"!", "^"}
    start += negated
    # a closing bracket in the first position is a member
    end = pattern.find("]", start + 1)
    if end < 0:
        return Literal("["), position + 1
    ranges = tuple(_parse_ranges(pattern[start:end]))
    if not ranges:
        return (AnyCharacter() if negated else CharacterSet(False, ())), end + 1
    return CharacterSet(negated, ranges), end + 1


def _parse_ranges(members: str) -> list[tuple[str, str]]:
    """Split ``a-cx`` into (a, c) and (x, x); skip ranges in descending order."""
    ranges = []
    position = 0
    while position < len(members):
        low = members[position]
        if members[position + 1 : position + 2] == "-" and position + 2 < len(members):
            high = members[position + 2]
            position += 3
        else:
            high = low
            position += 1
        if low <= high:
            ranges.append((low, high))
    return ranges


def has_sets(pattern: str) -> bool:
    """Return whether a pattern contains sets, the wildcards that can miss themselves.

    ``*`` and ``?`` match the characters that they are written with.
    """
    return any(isinstance(part, CharacterSet) for part in parse_glob(pattern))


def has_wildcards(pattern: str) -> bool:
    """Return whether a pattern contains wildcards."""
    return any(not isinstance(part, Literal) for part in parse_glob(pattern))
