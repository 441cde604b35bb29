"""Reading takes no more memory for more rows."""

from __future__ import annotations

import gc
import io
import tracemalloc
from typing import Any

import openpyxl
import pytest

from registry.runs.spreadsheets.layout import Limits
from registry.runs.spreadsheets.reading import read_sheet
from tests.runs.spreadsheets.sheets import (
    ROW,
    TEMPLATE,
    MakeFile,
    csv_file,
    save,
    table,
)

pytestmark = [pytest.mark.once, pytest.mark.slow]

#: How much more memory ten times the rows can take: buffers have other sizes.
GROWTH = 256 * 1024


def rows_of(count: int) -> list[list[Any]]:
    """Return a sheet with a different text in each row."""
    rows = (
        ROW
        | {"description": f"Flood number {number} " + "x" * 60, "display name": None}
        for number in range(count)
    )
    return table(*rows)


def shared_file(cells: Any) -> io.BytesIO:
    """Return a workbook whose rows have heights, as LibreOffice writes them."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for number, row in enumerate(cells, 1):
        sheet.append(row)
        sheet.row_dimensions[number].height = 12.8
    return save(book)


def inline_file(cells: Any) -> io.BytesIO:
    book: Any = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in cells:
        sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file


def peak_of(file: io.BytesIO, count: int) -> int:
    gc.collect()
    tracemalloc.start()
    try:
        rows = read_sheet(file, TEMPLATE, Limits()).rows
        assert sum(1 for row in rows if not row.errors) == count
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("make", [csv_file, shared_file, inline_file])
def test_memory_does_not_grow_with_the_rows(make: MakeFile) -> None:
    peak_of(make(rows_of(10)), 10)
    few, many = (peak_of(make(rows_of(count)), count) for count in (1_000, 10_000))
    assert many < few + GROWTH
