"""Notice names that are near the name of a field, such as ``input`` for ``inputs``.

Clients send fields that the registry does not know, and these are ignored. But a
misspelt name would be ignored as well, and the value would be lost without a word. So
an unknown name that is near that of a field which the body does not have is refused.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache

#: A longer name is not compared, whatever it is.
_LONGEST = 64
#: At most so many different unknown names of a request are compared.
_MOST_NAMES = 200
#: Names of fewer characters may differ in one place, longer ones in two.
_LONG_NAME = 10
#: Of names of fewer characters, the first one must be the same.
_SHORT_NAME = 6
#: Words of so many characters or fewer have many others near them: a ``uid``, a
#: ``guid`` and a ``uuid4`` are no misspelt ``uuid``.
_SHORT_WORD = 4
#: Where a word ends in ``fileName``.
_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


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
    words = _words(given)
    near = [
        (slips, name)
        for name in names
        if (slips := _slips_between(words, _words(name))) is not None
    ]
    return min(near)[1] if near else None


def _words(name: str) -> tuple[str, ...]:
    parts = re.split(r"[\W_]+", _CAPITAL.sub("_", name))
    return tuple(part.casefold() for part in parts if part)


def _slips_between(given: tuple[str, ...], name: tuple[str, ...]) -> int | None:
    """Return how many slips are between two names; None if there are too many.

    Names of several words are compared word by word: of ``file_name`` and
    ``full_name``, no word is a misspelling of another.
    """
    slips = _slips_within("".join(given), "".join(name))
    if slips and len(given) == len(name) > 1:
        pairs = zip(given, name, strict=True)
        return slips if all(_is_near_word(*pair) for pair in pairs) else None
    return slips


def _slips_within(given: str, name: str) -> int | None:
    """Return how many slips are between two texts; None if there are too many."""
    if _is_plural(given, name):
        return int(given != name)
    allowed = _allowed_slips(given, name)
    if abs(len(given) - len(name)) > allowed:
        return None
    slips = edit_distance(given, name)
    if len(name) <= _SHORT_WORD and sorted(given) != sorted(name):
        return None
    return slips if slips <= allowed else None


def _is_plural(given: str, name: str) -> bool:
    return given in {name, f"{name}s"} or name == f"{given}s"


def _allowed_slips(given: str, name: str) -> int:
    same_start = given[:1] == name[:1]
    if len(name) < _SHORT_NAME and not same_start:
        return -1
    if len(name) <= len("key"):
        return -1
    return 2 if len(name) >= _LONG_NAME and same_start else 1


def _is_near_word(given: str, name: str) -> bool:
    """Return whether a word can be a misspelling of one in the name of a field.

    Another letter in a short word makes another word, such as ``data`` of ``date``.
    """
    if _is_plural(given, name):
        return True
    slips = edit_distance(given, name)
    if max(len(given), len(name)) > _SHORT_WORD:
        return slips <= 2
    return slips == 1 and (len(given) != len(name) or sorted(given) == sorted(name))


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
