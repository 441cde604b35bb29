"""Count the values in a JSON text before it is parsed.

A parsed value takes up to a hundred times the memory of its text: fifteen million
``{}`` are 45 MB of text and more than a gigabyte of dictionaries. Counting needs a few
hundred kilobytes, however long the text is, and stops when a limit is exceeded.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from operator import countOf

#: Maximum values in one document: as many as 10,000 records of a hundred values each.
MAX_VALUES = 1_000_000
#: Maximum nesting: what the registry's JSON writer can write.
MAX_DEPTH = 254

#: Bytes processed at a time.
_CHUNK_SIZE = 64 * 1024
_OPEN, _CLOSE, _COMMA = b"[{", b"]}", b","
_STRUCTURE = b'"[]{},:'
_OTHERS = bytes(byte for byte in range(256) if byte not in _STRUCTURE)
#: Change of the depth by each token, as a signed byte.
_DEPTH_CHANGES = bytes.maketrans(_OPEN + _CLOSE + _COMMA, b"\x01\x01\xff\xff\x00")


class TooManyValues(ValueError):
    """The text has more values than are allowed."""


class TooDeep(ValueError):
    """Lists and objects are nested too deeply."""


@dataclass(frozen=True)
class JSONSize:
    """The size of a JSON text, counted without parsing it.

    ``values`` is an upper bound that includes the names of members. ``items`` is the
    number of elements if the text is a list, otherwise 0. Both are meaningless if the
    text is not valid JSON, but a parser never creates more values than were counted.
    """

    values: int
    items: int


def measure_json(text: bytes, *, max_values: int = MAX_VALUES) -> JSONSize:
    """Count the values of a JSON text.

    Raises ``TooManyValues`` or ``TooDeep`` as soon as a limit is exceeded.
    """
    values, depth, commas = 1, 0, 0
    for tokens, quotes in _iterate_tokens(text):
        values += len(tokens) - tokens.count(b"]") - tokens.count(b"}")
        # a parser creates strings even from a text that turns out not to be JSON
        if max(values, quotes // 2) > max_values:
            raise TooManyValues(f"There are more than {max_values} values.")
        depth, more = _count_commas(tokens.replace(b":", b""), depth)
        commas += more
    return JSONSize(values, _count_items(text, commas))


def _count_items(text: bytes, commas: int) -> int:
    """Return the number of elements of a list from the number of its own commas."""
    start = text[:1024].strip()
    if not start.startswith(b"["):
        return 0
    is_empty = len(text) < 1024 and not start[1:-1].strip()
    return 0 if is_empty else commas + 1


def _count_commas(tokens: bytes, depth: int) -> tuple[int, int]:
    """Return the depth after these tokens, and the number of commas of the outer list.

    Raises ``TooDeep`` above ``MAX_DEPTH``.
    """
    changes = memoryview(tokens.translate(_DEPTH_CHANGES)).cast("b")
    depths = list(accumulate(changes, initial=depth))[1:]
    if depths and max(depths) > MAX_DEPTH:
        raise TooDeep("Lists and objects are nested too deeply.")
    own_commas = countOf(zip(changes, depths, strict=True), (0, 1))
    return (depths[-1] if depths else depth), own_commas


def _iterate_tokens(text: bytes) -> Iterator[tuple[bytes, int]]:
    """Yield the brackets, commas and colons outside of strings, chunk by chunk.

    Each chunk comes with the number of quotation marks so far.
    """
    inside, quotes, at = False, 0, 0
    while at < len(text):
        end = _find_chunk_end(text, at)
        chunk = text[at:end].replace(rb"\\", b"").replace(rb"\"", b"")
        parts = chunk.translate(None, _OTHERS).split(b'"')
        yield b"".join(parts[int(inside) :: 2]), quotes + len(parts) - 1
        quotes += len(parts) - 1
        inside = bool(quotes % 2)
        at = end


def _find_chunk_end(text: bytes, at: int) -> int:
    """Return the end of the chunk that starts at ``at``; it never splits an escape."""
    end = min(at + _CHUNK_SIZE, len(text))
    tail = text[at:end]
    escapes = len(tail) - len(tail.rstrip(b"\\"))
    return end - 1 if escapes % 2 and end - at > 1 and end < len(text) else end
