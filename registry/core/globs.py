"""Reading shell patterns (POSIX.1-2024, section 2.14) into parts.

Both databases are given patterns spelled from these parts, so that they agree on
every corner: an unclosed bracket is itself, ``[!a]`` negates, an empty range matches
nothing.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Literal:
    """Text that stands for itself."""

    text: str


@dataclass(frozen=True)
class AnyText:
    """``*``: any text, also none."""


@dataclass(frozen=True)
class AnyCharacter:
    """``?``: exactly one character."""


@dataclass(frozen=True)
class CharacterSet:
    """``[…]``: one character within the ranges, or outside them when negated.

    Without ranges, and not negated, nothing matches.
    """

    negated: bool
    ranges: tuple[tuple[str, str], ...]


Part = Literal | AnyText | AnyCharacter | CharacterSet
Glob = tuple[Part, ...]


def parse_glob(pattern: str) -> Glob:
    """Read a pattern; every text is one, so nothing is refused."""
    parts: list[Part] = []
    position = 0
    while position < len(pattern):
        part, position = _next_part(pattern, position)
        _append(parts, part)
    return tuple(parts)


def _append(parts: list[Part], part: Part) -> None:
    """Add a part; neighbouring literals and stars become one."""
    last = parts[-1] if parts else None
    if isinstance(part, Literal) and isinstance(last, Literal):
        parts[-1] = Literal(last.text + part.text)
    elif not (isinstance(part, AnyText) and isinstance(last, AnyText)):
        parts.append(part)


def _next_part(pattern: str, position: int) -> tuple[Part, int]:
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
    """Read a bracket expression, or a bracket that is never closed."""
    start = position + 1
    negated = pattern[start : start + 1] in {"!", "^"}
    start += negated
    # A closing bracket that comes first is a member.
    end = pattern.find("]", start + 1)
    if end < 0:
        return Literal("["), position + 1
    ranges = tuple(_parse_ranges(pattern[start:end]))
    if not ranges:
        return (AnyCharacter() if negated else CharacterSet(False, ())), end + 1
    return CharacterSet(negated, ranges), end + 1


def _parse_ranges(members: str) -> list[tuple[str, str]]:
    """Split ``a-cx`` into (a, c) and (x, x); a range that runs backwards is empty."""
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


def has_wildcards(pattern: str) -> bool:
    """Tell whether a pattern is more than the text it spells."""
    return any(not isinstance(part, Literal) for part in parse_glob(pattern))
