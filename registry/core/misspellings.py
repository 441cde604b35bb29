"""Notice names that are near the name of a field, such as ``input`` for ``inputs``.

Clients send fields that the registry does not know, and these are ignored. But a
misspelt name would be ignored as well, and the value would be lost without a word. So
an unknown name that is near that of a field which the body does not have is refused.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

#: A longer name is not compared, whatever it is.
_LONGEST = 64
#: At most so many different unknown names of a request are compared.
_MOST_NAMES = 200
#: Names of fewer characters may differ in one place, longer ones in two.
_LONG_NAME = 8
#: Of names of fewer characters, the first one must be the same: a ``guid`` is no
#: misspelt ``uuid``.
_SHORT_NAME = 6


def misspelt_names(
    given: Collection[str],
    known: Collection[str],
    writable: Collection[str],
    *,
    compared: set[str] | None = None,
) -> dict[str, str]:
    """Return the names that are near that of a field, with that of the field.

    ``known`` are the names that are never misspelt, because records have them.
    ``writable`` are the fields that could be meant; those that are given are not.
    ``compared`` collects the unknown names of several records of a request.
    """
    compared = set() if compared is None else compared
    unknown = [one for one in given if one not in known and len(one) <= _LONGEST]
    absent = tuple(sorted(set(writable) - set(given)))
    found = {}
    for one in unknown:
        if len(compared) < _MOST_NAMES:
            compared.add(one)
        nearest = nearest_name(one, absent) if one in compared else None
        if nearest is not None:
            found[one] = nearest
    return found


def message_of(name: str) -> str:
    """Return what to say of a name that is near this one."""
    return f"There is no such field. Did you mean {name}?"


@lru_cache(maxsize=4096)
def nearest_name(given: str, names: tuple[str, ...]) -> str | None:
    """Return the nearest of some names if a misspelling explains the difference.

    Capitals, underscores and hyphens do not count.
    """
    plain = _plain(given)
    near = [
        (distance, name)
        for name in names
        if (distance := _distance_within(plain, _plain(name))) is not None
    ]
    return min(near)[1] if near else None


def _plain(name: str) -> str:
    return "".join(filter(str.isalnum, name)).casefold()


def _distance_within(given: str, name: str) -> int | None:
    """Return how many slips are between two names; None if there are too many."""
    if given in {name, f"{name}s"} or name == f"{given}s":
        return int(given != name)
    allowed = _allowed_slips(given, name)
    if abs(len(given) - len(name)) > allowed:
        return None
    distance = edit_distance(given, name)
    return distance if distance <= allowed else None


def _allowed_slips(given: str, name: str) -> int:
    if len(name) < _SHORT_NAME and given[:1] != name[:1]:
        return -1
    if len(name) <= len("key"):
        return -1
    return 1 if len(name) < _LONG_NAME else 2


def edit_distance(first: str, second: str) -> int:
    """Return how many slips make one text of another (optimal string alignment).

    A slip is a character too many, too few or another one, or two that changed places.
    """
    above: list[int] = []
    row = list(range(len(second) + 1))
    for number, character in enumerate(first, 1):
        before_above, above = above, row
        row = [number]
        for at, other in enumerate(second, 1):
            row.append(
                min(
                    above[at] + 1,
                    row[at - 1] + 1,
                    above[at - 1] + (character != other),
                )
            )
            if _changed_places(first, second, number, at):
                row[at] = min(row[at], before_above[at - 2] + 1)
    return row[-1]


def _changed_places(first: str, second: str, number: int, at: int) -> bool:
    """Return whether the two characters before these places are each other's."""
    if number < 2 or at < 2:
        return False
    return first[number - 2 : number] == second[at - 2 : at][::-1]
