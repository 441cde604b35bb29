"""A template, and sheets that people fill in for it."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import openpyxl

from registry.runs.spreadsheets.layout import (
    Limits,
    SheetResource,
    SheetSlot,
    SheetTemplate,
)
from registry.runs.spreadsheets.reading import read_sheet
from registry.runs.spreadsheets.records import SheetRow

FORCING = SheetSlot(
    11,
    "forcing",
    "Rain and rivers.",
    False,
    (
        SheetResource("configuration_file", "The settings of the run.", False),
        SheetResource("log", "", True),
    ),
)
MASK = SheetSlot(12, "land mask", "", True, (SheetResource("mask", "", False),))
DEPTH = SheetSlot(21, "depth", "Water depth.", False, ())
TEMPLATE = SheetTemplate(
    7, "Floods", "HydroModel", (FORCING, MASK), (DEPTH,), ("site",), ("note", "Weather")
)

FORCING_HEADER = "input: forcing [11]"
CONFIGURATION_HEADER = "input: forcing [11] / configuration_file"
DEPTH_HEADER = "output: depth [21]"

#: The cells of a row with all that is required.
ROW: dict[str, Any] = {
    "workflow template": "7",
    "description": "A flood",
    "modeller": "12",
    "start time": "2026-11-01 10:00",
    "end time": "2026-11-01T12:00:00+01:00",
    FORCING_HEADER: "101",
    CONFIGURATION_HEADER: "conf/a.yml",
    DEPTH_HEADER: "201",
    "annotation: site": "Leith",
}
RECORD: dict[str, Any] = {
    "workflow_template": 7,
    "description": "A flood",
    "modeller": "12",
    "start_time": "2026-11-01T10:00:00+00:00",
    "end_time": "2026-11-01T12:00:00+01:00",
    "inputs": [
        {
            "dataset_template": 11,
            "dataset": "101",
            "resources": {"configuration_file": "conf/a.yml"},
        }
    ],
    "outputs": [{"dataset_template": 21, "dataset": "201"}],
    "annotations": {"site": "Leith"},
}

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_STRINGS = (
    '<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.'
    'openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/>'
)

Cells = Sequence[Sequence[Any]]
MakeFile = Callable[[Cells], io.BytesIO]


def table(*rows: Mapping[str, Any]) -> list[list[Any]]:
    """Return the cells of a sheet whose columns are those of all rows."""
    headers = list(dict.fromkeys(name for row in rows for name in row))
    return [headers, *([row.get(name) for name in headers] for row in rows)]


def csv_file(cells: Cells, delimiter: str = ",", encoding: str = "utf-8") -> io.BytesIO:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerows(["" if one is None else one for one in row] for row in cells)
    return io.BytesIO(text.getvalue().encode(encoding))


def xlsx_file(cells: Cells) -> io.BytesIO:
    """Return a workbook with strings in their own part, as Excel writes it."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in cells:
        sheet.append(list(row))
    return save(book)


def save(book: openpyxl.Workbook) -> io.BytesIO:
    file = io.BytesIO()
    book.save(file)
    return share_strings(file)


def share_strings(file: io.BytesIO) -> io.BytesIO:
    """Move the strings of all sheets into a part of their own, as Excel has them."""
    strings: list[str] = []

    def share(found: re.Match[str]) -> str:
        strings.append(found[2])
        return f'{found[1]}t="s"><v>{len(strings) - 1}</v></c>'

    def change(name: str, content: str) -> str:
        if name.startswith("xl/worksheets/"):
            pattern = r'(<c [^>]*)t="inlineStr"[^>]*><is>(.*?)</is></c>'
            return re.sub(pattern, share, content, flags=re.DOTALL)
        return content.replace("</Types>", f"{_STRINGS}</Types>")

    copy = change_parts(file, change)
    items = "".join(f"<si>{one}</si>" for one in strings)
    with zipfile.ZipFile(copy, "a") as archive:
        archive.writestr("xl/sharedStrings.xml", f'<sst xmlns="{MAIN}">{items}</sst>')
    return copy


def change_parts(file: io.BytesIO, change: Callable[[str, str], str]) -> io.BytesIO:
    """Return a copy of an XLSX file with other contents of its parts."""
    copy = io.BytesIO()
    with (
        zipfile.ZipFile(file) as old,
        zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name).decode()))
    return copy


def read_rows(
    file: io.BytesIO, template: SheetTemplate = TEMPLATE, limits: Limits | None = None
) -> list[SheetRow]:
    return list(read_sheet(file, template, limits or Limits()).rows)


def read_one(file: io.BytesIO, template: SheetTemplate = TEMPLATE) -> SheetRow:
    (row,) = read_rows(file, template)
    return row
