"""Read the model runs in a sheet, row by row."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from registry.runs.spreadsheets.examples import is_example
from registry.runs.spreadsheets.formats import read_raw_rows
from registry.runs.spreadsheets.headings import Headings, read_headings
from registry.runs.spreadsheets.layout import (
    TEMPLATE_COLUMN,
    Kind,
    Limits,
    SheetTemplate,
    fold_header,
)
from registry.runs.spreadsheets.older_headings import template_in_header
from registry.runs.spreadsheets.problems import CellError, invalid_sheet
from registry.runs.spreadsheets.records import SheetRow, read_record
from registry.runs.spreadsheets.values import Cells, RawRows, read_value, text_of


@dataclass(frozen=True)
class Sheet:
    """A sheet whose header row is valid.

    ``rows`` can be iterated over once, while the file is open. It raises InvalidSheet
    if the rest of the file cannot be read.
    """

    columns: tuple[str, ...]
    warnings: tuple[str, ...]
    rows: Iterator[SheetRow]


_DEFAULT_LIMITS = Limits()


def read_sheet(
    file: IO[bytes], template: SheetTemplate, limits: Limits = _DEFAULT_LIMITS
) -> Sheet:
    """Read the header of a CSV or XLSX file; the rows follow as they are asked for.

    Memory does not grow with the number of rows. Raise InvalidSheet.
    """
    header, first, rows = _start(file, limits)
    _require_same_template(_template_of(header, first), template)
    headings = read_headings(header, template)
    columns = tuple(one.label for one in headings.columns.values())
    records = _read_records(rows, headings, template, limits)
    return Sheet(columns, headings.warnings, records)


def read_template_number(
    file: IO[bytes], limits: Limits = _DEFAULT_LIMITS
) -> str | None:
    """Return the number of the workflow template that a sheet names, as it is written.

    It is None if the sheet names none. Raise InvalidSheet.
    """
    header, first, _ = _start(file, limits)
    return _template_of(header, first)


def _start(file: IO[bytes], limits: Limits) -> tuple[Cells, Cells, RawRows]:
    """Return the header, the cells of the first row, and the rows with the first."""
    rows = read_raw_rows(file, limits)
    header = next(rows, None)
    if header is None:
        raise invalid_sheet("The sheet is empty.")
    first = list(itertools.islice(rows, 1))
    cells = first[0][1] if first else {}
    return header[1], cells, itertools.chain(first, rows)


def _template_of(header: Cells, first: Cells) -> str | None:
    for number, value in header.items():
        text = text_of(value)
        if older := template_in_header(text.strip()):
            return older
        if fold_header(text) == TEMPLATE_COLUMN.header and number in first:
            try:
                return read_value(first[number], Kind.TEMPLATE)
            except CellError:
                return None
    return None


def _require_same_template(given: str | None, template: SheetTemplate) -> None:
    """Refuse a sheet for another template; ids of other systems cannot be compared."""
    if given and given.isdecimal() and given != str(template.id):
        raise invalid_sheet(
            f"The sheet is for workflow template {given}, not for {template.id} "
            f"({template.name})."
        )


def _read_records(
    rows: RawRows, headings: Headings, template: SheetTemplate, limits: Limits
) -> Iterator[SheetRow]:
    count = 0
    for number, cells in rows:
        if is_example(cells, headings, template):
            continue
        count += 1
        if count > limits.rows:
            raise invalid_sheet(
                f"The sheet has more than {limits.rows} rows. Split it into several."
            )
        yield read_record(number, cells, headings, template)
