"""The values of cells, and the texts that people see for them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from registry.runs.spreadsheets.layout import Kind
from registry.runs.spreadsheets.problems import CellError, Unreadable
from registry.runs.spreadsheets.times import read_time

CellValue = str | int | float | bool | datetime | date | time | timedelta | Unreadable
#: The cells of a row that are not empty, by the number of their column, from 1.
Cells = dict[int, CellValue]
#: The rows of a sheet that are not empty, with their numbers.
RawRows = Iterator[tuple[int, Cells]]

#: An id, a UUID or a URL, followed by the name of what it stands for.
_CHOICE = re.compile(
    r"(\d+|[0-9a-f-]{32,36}|https?://\S+)\s+[-\u2013\u2014]\s+\S.*", re.I | re.S
)
#: Spreadsheet programs show so many digits of a number, and calculate with no more.
_DIGITS = 15


def read_value(value: CellValue, kind: Kind) -> str:
    """Return the text of a cell, as a record takes it."""
    if isinstance(value, Unreadable):
        raise CellError(value.message)
    if kind is Kind.TIME:
        return read_time(value)
    if kind in {Kind.LINK, Kind.DATASET, Kind.TEMPLATE}:
        return _read_link(value)
    return text_of(value)


def text_of(value: CellValue) -> str:
    """Return the text that a person sees in a cell."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _number_text(value)
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if isinstance(value, date | time):
        return value.isoformat()
    return value.message if isinstance(value, Unreadable) else str(value)


def column_letters(number: int) -> str:
    """Return the letters of a column, such as AB for 28."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _read_link(value: CellValue) -> str:
    if isinstance(value, bool | date | time | timedelta):
        raise CellError("This is no number, URL or UUID of a record.")
    text = text_of(value)
    found = _CHOICE.fullmatch(text)
    return found[1] if found else text


def _number_text(number: float) -> str:
    text = format(Decimal(format(number, f".{_DIGITS}g")), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
