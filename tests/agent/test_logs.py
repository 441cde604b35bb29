"""The log of a task is text from the first byte, and is read in whole characters."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from registry.agent.logs import LogWriter, read_piece, read_tail, size_of_log

pytestmark = pytest.mark.once


def copied(*chunks: bytes, most: int | None = None) -> bytes:
    reading, writing = os.pipe()
    os.write(writing, b"".join(chunks))
    os.close(writing)
    target = io.BytesIO()
    with os.fdopen(reading, "rb") as source:
        LogWriter(target, most).copy(source)
    return target.getvalue()


def test_bytes_that_are_no_text_are_replaced() -> None:
    assert copied(b"a\xffb\0c\xe2\x82") == "a\ufffdb\ufffdc\ufffd".encode()


def test_a_log_has_a_largest_size_and_says_so() -> None:
    log = copied(b"x" * 60_000, most=10)
    assert log.strip(b"x") == (
        b"\n[The log ends here: it has its largest size, 10 bytes.]\n"
    )
    assert copied(b"x" * 10, most=10) == b"x" * 10
    assert copied(b"") == b""


def test_a_full_disk_does_not_block_the_command() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"x" * 60_000)
    os.close(writing)
    with os.fdopen(reading, "rb") as source, Path("/dev/full").open("ab", 0) as full:
        LogWriter(full, None).copy(source)
        assert os.read(source.fileno(), 1) == b""


def test_pieces_are_whole_characters_and_join_to_the_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    text = "aé€😀" * 50
    log.write_text(text, encoding="utf-8")
    for most in (4, 5, 7, 64):
        pieces, offset = [], 0
        while (piece := read_piece(log, offset, most)).text:
            assert len(piece.text.encode()) == piece.end - piece.offset <= most
            pieces.append(piece.text)
            offset = piece.end
        assert "".join(pieces) == text


def test_the_tail_begins_with_a_character(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("😀😀€", encoding="utf-8")
    tails = [read_tail(log, most) for most in range(12)]
    assert [tail.text for tail in tails] == [
        *("", "", "", "€", "€", "€", "€", "😀€", "😀€", "😀€", "😀€", "😀😀€")
    ]
    assert all(tail.end == size_of_log(log) for tail in tails)


def test_there_is_no_log_before_the_command(tmp_path: Path) -> None:
    assert read_tail(tmp_path / "log", 10) == (0, "", 0)
    assert read_piece(tmp_path / "log", 5, 10) == (5, "", 5)
