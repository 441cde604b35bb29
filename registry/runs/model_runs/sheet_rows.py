"""The rows of a sheet in a temporary file, to be read in chunks, and again.

A sheet is read to its end before a transaction begins, so that other writers do not
wait while a workbook is unpacked, and nothing begins for a sheet that is damaged.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from tempfile import SpooledTemporaryFile

from registry.runs.spreadsheets.records import SheetRow
from registry.runs.spreadsheets.values import text_of
from registry.storage.base import reporting_write_errors

#: So many rows are in memory at once.
CHUNK = 1_000
#: Of a cell so many characters are repeated in messages.
SHOWN = 200
#: Rows are in memory up to this size.
_IN_MEMORY = 256 * 1024

Chunks = Iterator[list[SheetRow]]


class StoredRows:
    """The rows in a file: each a line of JSON."""

    def __init__(self, file: SpooledTemporaryFile[bytes]) -> None:
        self._file = file

    def chunks(self) -> Chunks:
        """Iterate over all rows from the first, in chunks; one iteration at a time."""
        self._file.seek(0)
        rows = (SheetRow(*json.loads(line)) for line in self._file)
        while chunk := list(itertools.islice(rows, CHUNK)):
            yield chunk


@contextmanager
def stored_rows(rows: Iterable[SheetRow]) -> Iterator[StoredRows]:
    """Store rows in a temporary file."""
    with SpooledTemporaryFile(_IN_MEMORY) as file:
        for row in rows:
            cells = {name: text_of(one)[:SHOWN] for name, one in row.cells.items()}
            values = [row.number, row.record, row.places, row.errors, cells]
            with reporting_write_errors():
                file.write(f"{json.dumps(values)}\n".encode())
        yield StoredRows(file)
