"""The log of a task: what its command prints, as UTF-8 text in one file.

It is text from the first byte, so that a position in bytes means the same here and in
the registry: bytes that are no UTF-8, and zeros, are replaced when they are written.
"""

from __future__ import annotations

import codecs
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
    """Copies what a command prints to a file, up to a number of bytes.

    A line at its end says so if there was more.
    """

    def __init__(self, target: BinaryIO, most: int | None) -> None:
        self._target, self._most = target, most
        self.size = 0

    def copy(self, source: BinaryIO) -> None:
        """Copy until the source ends; what exceeds the size is read and lost."""
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        for chunk in iter(lambda: os.read(source.fileno(), _CHUNK), b""):
            self._write(decoder.decode(chunk))
        self._write(decoder.decode(b"", final=True))

    def _write(self, text: str) -> None:
        data = text.replace("\0", _REPLACEMENT).encode()
        is_full = self._most is not None and self.size > self._most
        self.size += len(data)
        if not is_full:
            self._target.write(data)
            self._note_if_full()

    def _note_if_full(self) -> None:
        if self._most is not None and self.size > self._most:
            limit = f"its largest size, {self._most:,} bytes"
            self._target.write(f"\n[The log ends here: it has {limit}.]\n".encode())


def read_piece(path: Path, offset: int, most: int) -> Piece:
    """Return the log from an offset on, at most so many bytes; whole characters only.

    Bytes of a character whose rest is not written yet are left for later.
    """
    try:
        with path.open("rb") as file:
            file.seek(offset)
            data = file.read(max(0, most))
    except FileNotFoundError:
        data = b""
    text, used = codecs.utf_8_decode(data, "replace", False)
    return Piece(offset, text, offset + used)


def read_tail(path: Path, most: int) -> Piece:
    """Return the end of a log, at most so many bytes; it begins with a character."""
    offset = max(0, size_of_log(path) - most)
    if offset:
        offset += _continuation_bytes(path, offset)
    return read_piece(path, offset, most)


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
