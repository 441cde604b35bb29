"""The log of a task: what its command prints, as UTF-8 text in one file.

It is valid text, so that a position in bytes means the same here and in
the registry: bytes that are not UTF-8, and zeros, are replaced when they are written.
"""

from __future__ import annotations

import codecs
import contextlib
import os
from pathlib import Path
from typing import BinaryIO, NamedTuple

_CHUNK = 64 * 1024
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


class Piece(NamedTuple):
    """A part of a log; ``offset`` and ``end`` are positions in bytes."""

    offset: int
    text: str
    end: int


class LogWriter:
    """Copies what a command prints to a file.

    What comes after ``max_bytes`` is dropped, and a line at the end says so.
    """

    def __init__(self, target: BinaryIO, max_bytes: int | None) -> None:
        self._target, self._max_bytes = target, max_bytes
        self._size = 0

    def copy(self, source: BinaryIO) -> None:
        """Copy until the source ends; read also what cannot be written."""
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        for chunk in iter(lambda: os.read(source.fileno(), _CHUNK), b""):
            self._write(decoder.decode(chunk))
        self._write(decoder.decode(b"", final=True))

    def _write(self, text: str) -> None:
        data = text.replace("\0", _REPLACEMENT).encode()
        if self._is_full():
            return
        self._size += len(data)
        if self._is_full():
            limit = f"its largest size, {self._max_bytes:,} bytes"
            data += f"\n[The log ends here: it has {limit}.]\n".encode()
        # a full disk must not block the command
        with contextlib.suppress(OSError):
            self._target.write(data)

    def _is_full(self) -> bool:
        return self._max_bytes is not None and self._size > self._max_bytes


def read_piece(path: Path, offset: int, max_bytes: int) -> Piece:
    """Return the log from an offset on, at most ``max_bytes``, in whole characters.

    A character that is not complete yet is left for the next call.
    """
    try:
        with path.open("rb") as file:
            file.seek(offset)
            data = file.read(max(0, max_bytes))
    except FileNotFoundError:
        data = b""
    text, used = codecs.utf_8_decode(data, "replace", False)
    return Piece(offset, text, offset + used)


def read_tail(path: Path, max_bytes: int) -> Piece:
    """Return the end of a log, at most ``max_bytes``, in whole characters."""
    offset = max(0, size_of_log(path) - max_bytes)
    if offset:
        offset += _continuation_bytes(path, offset)
    return read_piece(path, offset, max_bytes)


def _continuation_bytes(path: Path, offset: int) -> int:
    """Return how many bytes at a position belong to a character before it."""
    with path.open("rb") as file:
        file.seek(offset)
        start = file.read(3)
    return len(start) - len(start.lstrip(bytes(range(0x80, 0xC0))))


def size_of_log(path: Path) -> int:
    """Return the size of a log in bytes, 0 if there is none."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
