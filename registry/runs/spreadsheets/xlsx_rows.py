"""Read the rows of an XLSX file as a stream.

openpyxl reads the workbook, its styles and single cells. What it cannot tell apart is
told apart here: an empty cell and a formula without a calculated value.
"""

from __future__ import annotations

import re
from contextlib import closing
from typing import IO, Any, cast

import openpyxl
from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.utils.datetime import from_excel
from openpyxl.worksheet._reader import FORMULA_TAG, WorkSheetParser
from openpyxl.xml.constants import SHARED_STRINGS

from registry.runs.spreadsheets.layout import Limits
from registry.runs.spreadsheets.problems import InvalidSheet, Unreadable, invalid_sheet
from registry.runs.spreadsheets.values import Cells, CellValue, RawRows
from registry.runs.spreadsheets.xlsx_parts import (
    DAMAGED,
    MAIN,
    Archive,
    SharedStrings,
    damaged_file,
    decode_escapes,
    read_shared_strings,
    stream_elements,
)

#: The name of the sheet that is read, if there are several.
RUNS_SHEET = "Model runs"
_UNCALCULATED = Unreadable(
    "This formula has no calculated value. Open the file in a spreadsheet program and "
    "save it, or replace the formula by its value."
)
#: A number format that shows leading zeros.
_PADDED = re.compile(r"0{2,}")
_FIRST_CUSTOM_FORMAT = 164

if not openpyxl.DEFUSEDXML:  # pragma: no cover
    raise ImportError("openpyxl must use defusedxml: unset OPENPYXL_DEFUSEDXML.")


def read_xlsx_rows(file: IO[bytes], limits: Limits) -> RawRows:
    """Iterate over the rows that are not empty; the file stays open."""
    try:
        with (
            closing(Archive(file, limits)) as archive,
            closing(SharedStrings(limits.unpacked_bytes)) as strings,
        ):
            yield from _read_rows(_open_workbook(file, archive), strings, limits)
    except InvalidSheet:
        raise
    except DAMAGED as error:
        raise damaged_file(error) from error


def _open_workbook(file: IO[bytes], archive: Archive) -> ExcelReader:
    """Read the workbook and its styles, but neither strings nor sheets nor the rest."""
    reader = ExcelReader(cast(Any, file), read_only=True, keep_links=False)
    reader.archive.close()
    reader.archive = archive
    reader.read_manifest()
    reader.read_workbook()
    apply_stylesheet(archive, reader.wb)
    return reader


def _read_rows(reader: ExcelReader, strings: SharedStrings, limits: Limits) -> RawRows:
    package: Any = reader.package
    shared = package.find(SHARED_STRINGS)
    if shared is not None:
        read_shared_strings(reader.archive, shared.PartName.lstrip("/"), strings)
    with reader.archive.open(_find_sheet(reader)) as part:
        parser = _cell_parser(part, reader.wb, strings)
        for element in stream_elements(part, f"{MAIN}row", f"{MAIN}sheetData"):
            number, cells = parser.parse_row(cast(Any, element))
            parser.row_dimensions.clear()
            if found := _read_cells(cells, limits):
                yield number, found


def _find_sheet(reader: ExcelReader) -> str:
    """Return the part of the sheet with the runs, or else of the first visible one."""
    sheets = {
        sheet.name: rel.target
        for sheet, rel in reader.parser.find_sheets()
        if sheet.state == "visible" and rel.Type.endswith("/worksheet")
    }
    if not sheets:
        raise invalid_sheet("The workbook has no visible sheet.")
    return str(sheets.get(RUNS_SHEET) or next(iter(sheets.values())))


def _read_cells(cells: list[dict[str, Any]], limits: Limits) -> Cells:
    found: Cells = {}
    for cell in cells:
        value: CellValue | None = cell["value"]
        if isinstance(value, str):
            value = decode_escapes(value).replace("\r\n", "\n").strip()
        if value is not None and value != "":
            found[cell["column"]] = value
    if found and max(found) > limits.columns:
        raise invalid_sheet(f"The sheet has more than {limits.columns} columns.")
    return found


class _CellParser(WorkSheetParser):
    """Parses cells as openpyxl does, and keeps what people see."""

    workbook: Any
    #: How many digits a number has at least, by the number of its style.
    padding: dict[int, int]

    def parse_cell(self, element: Any) -> dict[str, Any]:
        """Return the parts of a cell, with Unreadable for a value that has none."""
        cell: dict[str, Any] = super().parse_cell(element)
        value = cell["value"]
        if cell["data_type"] == "e":
            cell["value"] = Unreadable(f"The formula of this cell failed: {value}.")
        elif value is None and _is_uncalculated(element):
            cell["value"] = _UNCALCULATED
        elif type(value) in {int, float}:
            cell["value"] = self._as_shown(value, cell["style_id"])
        return cell

    def _as_shown(self, number: float, style: int) -> CellValue:
        """Return a number, or the date or the digits that its format makes of it.

        openpyxl would warn of a number that is no date, and Python keeps warnings.
        """
        if style in self.workbook._date_formats:
            lasts = style in self.workbook._timedelta_formats
            try:
                shown: CellValue = from_excel(
                    number, self.workbook.epoch, timedelta=lasts
                )
            except (OverflowError, ValueError):
                return Unreadable("This number is not a date, but is formatted as one.")
            return shown
        if style in self.padding and isinstance(number, int):
            return str(number).zfill(self.padding[style])
        return number


def _is_uncalculated(element: Any) -> bool:
    """Return whether a cell has a formula, but not even an empty text as its value."""
    return element.find(FORMULA_TAG) is not None and element.get("t") != "str"


def _cell_parser(part: IO[bytes], workbook: Any, strings: SharedStrings) -> _CellParser:
    parser = _CellParser(cast(Any, part), strings, data_only=True)
    parser.workbook = workbook
    parser.padding = {
        number: len(code)
        for number, style in enumerate(workbook._cell_styles)
        if (code := _custom_format(workbook, style.numFmtId))
        if _PADDED.fullmatch(code)
    }
    return parser


def _custom_format(workbook: Any, number: int) -> str:
    position = number - _FIRST_CUSTOM_FORMAT
    formats = workbook._number_formats
    return str(formats[position]) if 0 <= position < len(formats) else ""
