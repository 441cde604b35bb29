"""Write a sheet as CSV."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

from registry.runs.spreadsheets.layout import SheetTemplate
from registry.runs.spreadsheets.table import Record, table_columns, table_rows

#: The mark by which Excel knows UTF-8.
BYTE_ORDER_MARK = "\ufeff".encode()
#: A cell that spreadsheet programs would calculate, or that is written so that they do
#: not.
_FORMULA = re.compile(r"'*[=+\-@\t\r]")


def write_csv(
    template: SheetTemplate, records: Iterable[Record] | None = None
) -> Iterator[bytes]:
    """Iterate over the lines of a sheet in UTF-8 with the mark by which Excel knows it.

    Without records, the sheet has an example row; otherwise they are iterated over
    twice. All cells are quoted, since Excel also splits at semicolons in some
    countries.
    """
    columns = table_columns(template, records or ())
    yield BYTE_ORDER_MARK
    yield encode_line([column.header for column in columns])
    for row in table_rows(template, columns, records):
        yield encode_line(row)


def encode_line(texts: Sequence[str]) -> bytes:
    """Return a line of cells, none of which is a formula."""
    line = io.StringIO(newline="")
    csv.writer(line, quoting=csv.QUOTE_ALL).writerow(map(_keep_text, texts))
    return line.getvalue().encode()


def _keep_text(text: str) -> str:
    """Return a text with an apostrophe in front if it would become a formula."""
    return f"'{text}" if _FORMULA.match(text) else text
