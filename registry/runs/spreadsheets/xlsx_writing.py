"""Write a sheet as XLSX, with drop-down lists and explanations."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from typing import IO, Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.worksheet.datavalidation import DataValidation

from registry.runs.spreadsheets.explanations import explain_column
from registry.runs.spreadsheets.layout import Column, Kind, SheetTemplate
from registry.runs.spreadsheets.problems import CellError
from registry.runs.spreadsheets.table import Record, table_columns, table_rows
from registry.runs.spreadsheets.times import read_time
from registry.runs.spreadsheets.values import column_letters
from registry.runs.spreadsheets.xlsx_parts import encode_escapes
from registry.runs.spreadsheets.xlsx_rows import RUNS_SHEET

#: A list has no more choices than this.
MOST_CHOICES = 500
_CHOICES_SHEET = "Choices"
_EXPLANATION_HEADERS = ("column", "what it is", "required", "what is right", "example")
_EXPLANATION_WIDTHS = (40, 60, 24, 60, 36)
_TIME_FORMAT = "yyyy-mm-dd hh:mm"
_TEXT_FORMAT = "@"
#: Rows of a new sheet that have drop-down lists.
_LISTED_ROWS = 10_000
_NARROWEST, _WIDEST = 14, 48
#: Dates before are wrong in Excel, which has a 29 February 1900.
_FIRST_DATE = datetime(1900, 3, 1, tzinfo=UTC)
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
#: Control characters, which XML cannot have.
_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


@dataclass(frozen=True)
class Choice:
    """One choice of a drop-down list: the number of a record, and its name."""

    id: int
    name: str

    def __str__(self) -> str:
        return f"{self.id} \N{EN DASH} {self.name}"


def write_xlsx(
    file: IO[bytes],
    template: SheetTemplate,
    records: Iterable[Record] | None = None,
    choices: Mapping[str, Sequence[Choice | str]] | None = None,
) -> None:
    """Write a sheet into a file.

    Without records, it has an example row; otherwise they are iterated over twice.
    ``choices`` are drop-down lists by the name of their column, such as ``modeller``,
    of at most 500 choices each: records, or texts for a column of texts. Other values
    can still be typed.
    """
    workbook: Any = Workbook(write_only=True)
    columns = table_columns(template, records or ())
    lists = {
        name: list(these)[:MOST_CHOICES] for name, these in (choices or {}).items()
    }
    _write_runs(workbook, template, columns, records, lists)
    _write_explanations(workbook, template, columns)
    _write_choices(workbook, lists)
    workbook.save(file)


def _write_runs(
    workbook: Any,
    template: SheetTemplate,
    columns: Sequence[Column],
    records: Iterable[Record] | None,
    lists: Mapping[str, Sequence[object]],
) -> None:
    sheet = workbook.create_sheet(RUNS_SHEET)
    sheet.freeze_panes = "A2"
    _set_formats(sheet, columns)
    _add_lists(sheet, template, columns, lists)
    sheet.append([_header_cell(sheet, one.header, one.required) for one in columns])
    for texts in table_rows(template, columns, records):
        pairs = zip(columns, texts, strict=True)
        sheet.append([_value_cell(sheet, column, text) for column, text in pairs])


def _set_formats(sheet: Any, columns: Sequence[Column]) -> None:
    """Set widths and formats; cells with the format of text stay as they are typed."""
    for number, column in enumerate(columns, 1):
        dimension = sheet.column_dimensions[column_letters(number)]
        dimension.width = min(max(len(column.header) + 2, _NARROWEST), _WIDEST)
        dimension.number_format = _format_of(column)


def _format_of(column: Column) -> str:
    return _TIME_FORMAT if column.kind is Kind.TIME else _TEXT_FORMAT


def _add_lists(
    sheet: Any,
    template: SheetTemplate,
    columns: Sequence[Column],
    lists: Mapping[str, Sequence[object]],
) -> None:
    names = list(lists)
    for number, column in enumerate(columns, 1):
        if column.kind is Kind.TEMPLATE:
            _add_list(sheet, number, f'"{template.id}"', strict=True)
        elif lists.get(column.header):
            letters = column_letters(names.index(column.header) + 1)
            rows = len(lists[column.header])
            formula = f"{_CHOICES_SHEET}!${letters}$1:${letters}${rows}"
            _add_list(sheet, number, formula, strict=False)


def _add_list(sheet: Any, number: int, formula: str, *, strict: bool) -> None:
    validation = DataValidation("list", formula, allow_blank=True)
    validation.showErrorMessage = strict
    validation.error = "The sheet is for this workflow template only."
    letters = column_letters(number)
    validation.add(f"{letters}2:{letters}{_LISTED_ROWS + 1}")
    sheet.data_validations.append(validation)


def _write_explanations(
    workbook: Any, template: SheetTemplate, columns: Sequence[Column]
) -> None:
    sheet = workbook.create_sheet("Explanations")
    sheet.freeze_panes = "A2"
    for number, width in enumerate(_EXPLANATION_WIDTHS, 1):
        sheet.column_dimensions[column_letters(number)].width = width
    sheet.append([_header_cell(sheet, text, True) for text in _EXPLANATION_HEADERS])
    for column in columns:
        texts = astuple(explain_column(column, template))
        sheet.append([_text_cell(sheet, text, wrap=True) for text in texts])


def _write_choices(workbook: Any, lists: Mapping[str, Sequence[object]]) -> None:
    if not lists:
        return
    sheet = workbook.create_sheet(_CHOICES_SHEET)
    sheet.sheet_state = "hidden"
    for number in range(max(map(len, lists.values()))):
        texts = (
            str(these[number]) if number < len(these) else ""
            for these in lists.values()
        )
        sheet.append(_text_cells(sheet, texts))


def _text_cells(sheet: Any, texts: Iterable[str]) -> list[Any]:
    return [_text_cell(sheet, text) if text else None for text in texts]


def _header_cell(sheet: Any, text: str, required: bool) -> Any:
    cell = _text_cell(sheet, text, wrap=True)
    cell.font = Font(bold=True)
    cell.fill = PatternFill("solid", fgColor="C9DDF2" if required else "EDEDED")
    return cell


def _value_cell(sheet: Any, column: Column, text: str) -> Any:
    if not text:
        return None
    time = _excel_time(text) if column.kind is Kind.TIME else None
    if time is None:
        return _text_cell(sheet, text)
    cell = WriteOnlyCell(sheet, time)
    cell.number_format = _TIME_FORMAT
    return cell


def _excel_time(text: str) -> datetime | None:
    """Return a time as Excel stores it; None if it has a finer one than Excel's."""
    try:
        time = datetime.fromisoformat(read_time(text)).astimezone(UTC)
    except (CellError, OverflowError):
        return None
    if time < _FIRST_DATE or time.microsecond % 1000:
        return None
    return time.replace(tzinfo=None)


def _text_cell(sheet: Any, text: str, *, wrap: bool = False) -> Any:
    """Return a cell that is a text, even if it begins like a formula."""
    cell: Any = WriteOnlyCell(sheet, encode_escapes(_ILLEGAL.sub(" ", text)))
    cell.data_type = "s"
    cell.number_format = _TEXT_FORMAT
    cell.quotePrefix = text.startswith(_FORMULA_SIGNS)
    if wrap:
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    return cell
