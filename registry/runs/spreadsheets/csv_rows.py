"""Read the rows of a CSV file as a stream.

The delimiter is a comma, a semicolon or a tab, found from the header line. Excel's line
``sep=;`` before the header is understood.
"""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Iterator
from typing import IO

from registry.runs.spreadsheets.layout import COMMON_COLUMNS, Limits, fold_header
from registry.runs.spreadsheets.older_headings import OLDER_NAMES, is_of_slot
from registry.runs.spreadsheets.problems import InvalidSheet, Unreadable, invalid_sheet
from registry.runs.spreadsheets.values import Cells, RawRows

_DELIMITERS = ",;\t"
_SEPARATOR_LINE = re.compile(r"sep=([,;\t])\s*", re.IGNORECASE)
#: A header with more lines has a quotation mark that is not closed.
_HEADER_LINES = 1_000
#: What spreadsheet programs write for a formula that failed.
_FAILED = frozenset(
    {"#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "#NUM!", "#NULL!", "#N/A", "#SPILL!"}
)
#: An apostrophe before a sign with which a formula begins only keeps it a text.
_KEPT_TEXT = re.compile(r"'+[=+\-@\t\r]")
_KNOWN = frozenset({one.header for one in COMMON_COLUMNS} | set(OLDER_NAMES))


def read_csv_rows(file: IO[bytes], encoding: str, limits: Limits) -> RawRows:
    """Iterate over the rows that are not empty; the file stays open."""
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    try:
        yield from _read_rows(_read_lines(text, limits), limits)
    except UnicodeDecodeError:
        raise _not_utf8() from None
    finally:
        if not file.closed:
            text.detach()


def _not_utf8() -> InvalidSheet:
    return invalid_sheet(
        "The file is not in UTF-8. In Excel, save it as “CSV UTF-8 (Comma delimited)”; "
        "in LibreOffice, choose the character set “Unicode (UTF-8)” when saving; or "
        "send the sheet as XLSX."
    )


def _read_lines(text: io.TextIOWrapper, limits: Limits) -> Iterator[str]:
    longest = limits.line_characters
    while line := text.readline(longest):
        if len(line) == longest:
            raise invalid_sheet(f"A line has more than {longest} characters.")
        yield line


def _read_rows(lines: Iterator[str], limits: Limits) -> RawRows:
    first, skipped, delimiter = _find_header(lines)
    header = _complete_record(first, lines)
    records = csv.reader(
        itertools.chain(header, lines),
        delimiter=delimiter or _find_delimiter(header),
        strict=True,
    )
    yield from _number_rows(records, skipped, limits)


def _find_header(lines: Iterator[str]) -> tuple[str, int, str]:
    """Return the first line with text, the number of rows before it, and a delimiter.

    The delimiter is "" unless a line before names it, which Excel does not count.
    """
    skipped, delimiter = 0, ""
    for line in lines:
        if named := _SEPARATOR_LINE.fullmatch(line):
            delimiter = named[1]
        elif line.strip(f"{_DELIMITERS}\r\n "):
            return line, skipped, delimiter
        else:
            skipped += 1
    return "", skipped, delimiter


def _number_rows(records: Iterator[list[str]], skipped: int, limits: Limits) -> RawRows:
    number = skipped
    try:
        for number, fields in enumerate(records, skipped + 1):
            if cells := _read_cells(fields, limits):
                yield number, cells
    except csv.Error as error:
        raise invalid_sheet(
            f"Row {number + 1} is no valid CSV ({error}). Look for a quotation mark "
            'that is not closed; inside of a quoted cell, it is written twice: "".'
        ) from None


def _read_cells(fields: list[str], limits: Limits) -> Cells:
    cells: Cells = {}
    for number, value in enumerate(fields, 1):
        if text := value.replace("\r\n", "\n").strip():
            cells[number] = _read_cell(text)
    if cells and max(cells) > limits.columns:
        raise invalid_sheet(f"The sheet has more than {limits.columns} columns.")
    return cells


def _read_cell(text: str) -> str | Unreadable:
    if text in _FAILED:
        return Unreadable(f"The formula of this cell failed: {text}.")
    return text[1:] if _KEPT_TEXT.match(text) else text


def _complete_record(first: str, lines: Iterator[str]) -> list[str]:
    """Return the lines of the header row, whose quoted cells can have line breaks."""
    header = [first]
    marks = first.count('"')
    while marks % 2 and len(header) < _HEADER_LINES and (line := next(lines, "")):
        header.append(line)
        marks += line.count('"')
    return header


def _find_delimiter(header: list[str]) -> str:
    """Return the delimiter with the most known columns, or else the most columns."""
    return max(_DELIMITERS, key=lambda one: _count_columns(header, one))


def _count_columns(header: list[str], delimiter: str) -> tuple[int, int]:
    try:
        fields = next(csv.reader(header, delimiter=delimiter, strict=True), [])
    except csv.Error:
        return 0, 0
    return sum(map(_is_known, fields)), len(fields)


def _is_known(header: str) -> bool:
    return fold_header(header) in _KNOWN or is_of_slot(header.strip())
