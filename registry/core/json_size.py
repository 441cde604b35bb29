"""Count the values in a JSON text before any object is made of them.

A parsed value takes up to a hundred times the memory of its text: fifteen million
``{}`` are 45 MB of text and more than a gigabyte of dictionaries. Counting needs a few
hundred kilobytes, however long the text is, and stops where a limit is passed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from operator import countOf

#: Values in one document: as many as 10,000 records of a hundred values each.
MAX_VALUES = 1_000_000
#: The nesting that the JSON writer of the registry can write again.
MAX_DEPTH = 254

#: Bytes that are looked at together.
_PIECE = 64 * 1024
_OPEN, _CLOSE, _COMMA = b"[{", b"]}", b","
_STRUCTURE = b'"[]{},:'
_OTHERS = bytes(byte for byte in range(256) if byte not in _STRUCTURE)
#: What each token does to the depth, as a signed byte.
_MOVES = bytes.maketrans(_OPEN + _CLOSE + _COMMA, b"\x01\x01\xff\xff\x00")


class TooManyValues(ValueError):
    """The text has more values than are allowed."""


class TooDeep(ValueError):
    """Lists and objects are nested too deeply."""


@dataclass(frozen=True)
class JSONSize:
    """What is known of a JSON text without parsing it.

    ``values`` is an upper bound, names of members among them. ``items`` is the number
    of elements where the text is a list, otherwise 0. Both mean nothing where the
    text is not JSON, but a parser does not get further than the counts say.
    """

    values: int
    items: int


def measure_json(text: bytes, *, max_values: int = MAX_VALUES) -> JSONSize:
    """Count the values of a JSON text.

    Raises ``TooManyValues`` or ``TooDeep`` as soon as it is known.
    """
    values, depth, commas = 1, 0, 0
    for tokens, quotes in _pieces(text):
        values += len(tokens) - tokens.count(b"]") - tokens.count(b"}")
        # a parser makes texts even of a sequence that is not JSON as a whole
        if max(values, quotes // 2) > max_values:
            raise TooManyValues(f"There are more than {max_values} values.")
        depth, more = _follow(tokens.replace(b":", b""), depth)
        commas += more
    return JSONSize(values, _items(text, commas))


def _items(text: bytes, commas: int) -> int:
    """Return the number of elements of a list whose own commas were counted."""
    start = text[:1024].strip()
    if not start.startswith(b"["):
        return 0
    is_empty = len(text) < 1024 and not start[1:-1].strip()
    return 0 if is_empty else commas + 1


def _follow(tokens: bytes, depth: int) -> tuple[int, int]:
    """Return the depth after these tokens, and how many commas are in the outer list.

    Raises ``TooDeep``.
    """
    moves = memoryview(tokens.translate(_MOVES)).cast("b")
    depths = list(accumulate(moves, initial=depth))[1:]
    if depths and max(depths) > MAX_DEPTH:
        raise TooDeep("Lists and objects are nested too deeply.")
    own_commas = countOf(zip(moves, depths, strict=True), (0, 1))
    return (depths[-1] if depths else depth), own_commas


def _pieces(text: bytes) -> Iterator[tuple[bytes, int]]:
    """Yield the brackets, commas and colons outside of strings, piece by piece.

    With each piece comes the number of quotation marks so far.
    """
    inside, quotes, at = False, 0, 0
    while at < len(text):
        end = _end_of_piece(text, at)
        piece = text[at:end].replace(rb"\\", b"").replace(rb"\"", b"")
        parts = piece.translate(None, _OTHERS).split(b'"')
        yield b"".join(parts[int(inside) :: 2]), quotes + len(parts) - 1
        quotes += len(parts) - 1
        inside = bool(quotes % 2)
        at = end


def _end_of_piece(text: bytes, at: int) -> int:
    """Return where a piece ends that begins at ``at``: never within an escape."""
    end = min(at + _PIECE, len(text))
    tail = text[at:end]
    escapes = len(tail) - len(tail.rstrip(b"\\"))
    return end - 1 if escapes % 2 and end - at > 1 and end < len(text) else end
