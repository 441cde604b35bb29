"""Find out by its first bytes which format a file has, and read its rows."""

from __future__ import annotations

from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from typing import IO

from registry.runs.spreadsheets.csv_rows import read_csv_rows
from registry.runs.spreadsheets.layout import Limits
from registry.runs.spreadsheets.problems import invalid_sheet
from registry.runs.spreadsheets.values import RawRows
from registry.runs.spreadsheets.xlsx_rows import read_xlsx_rows

_ZIP = b"PK\x03\x04"
_OPEN_DOCUMENT = b"mimetypeapplication/vnd.oasis.opendocument"
#: Workbooks of Excel before 2007, and encrypted ones.
_COMPOUND_FILE = b"\xd0\xcf\x11\xe0"
_NO_TEXT = (b"%PDF", b"<", b"{\\rtf")
_START_BYTES = 4096
_AS_XLSX = "Save it as “Excel Workbook (.xlsx)” or as CSV in UTF-8."


def read_raw_rows(file: IO[bytes], limits: Limits) -> RawRows:
    """Return the rows of a CSV or XLSX file that are not empty, the header first.

    The file must be seekable. Raise InvalidSheet, here or while iterating.
    """
    file.seek(0)
    start = file.read(_START_BYTES)
    file.seek(0)
    if start.startswith(_ZIP):
        _refuse_open_document(start)
        return read_xlsx_rows(file, limits)
    if start.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return read_csv_rows(file, "utf-16", limits)
    _refuse_others(start)
    return read_csv_rows(file, "utf-8-sig", limits)


def _refuse_open_document(start: bytes) -> None:
    if _OPEN_DOCUMENT in start:
        raise invalid_sheet(f"This is an OpenDocument file. {_AS_XLSX}")


def _refuse_others(start: bytes) -> None:
    if not start.strip():
        raise invalid_sheet("The file is empty.")
    if start.startswith(_COMPOUND_FILE):
        raise invalid_sheet(
            "This is a workbook of Excel 97-2003, or one with a password. "
            f"{_AS_XLSX} Remove the password, if there is one."
        )
    if b"\0" in start or start.lstrip().startswith(_NO_TEXT):
        raise invalid_sheet(f"The file is neither CSV nor XLSX. {_AS_XLSX}")
