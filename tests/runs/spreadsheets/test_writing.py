"""What a new sheet has: formats, lists, explanations, and no formulas."""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import replace
from typing import Any

import openpyxl
import pytest

from registry.runs.spreadsheets.csv_writing import write_csv
from registry.runs.spreadsheets.explanations import explain_column
from registry.runs.spreadsheets.layout import (
    EXAMPLE_NAME,
    SheetSlot,
    SheetTemplate,
    columns_of,
)
from registry.runs.spreadsheets.xlsx_writing import Choice, write_xlsx
from tests.runs.spreadsheets.sheets import RECORD, ROW, TEMPLATE, read_one, save

pytestmark = pytest.mark.once

PEOPLE = [Choice(12, "Ada Lovelace"), Choice(13, '=HYPERLINK("http://x")')]
FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C calc'!A1")
HEADERS = [one.header for one in columns_of(TEMPLATE)]


def book_of(template: SheetTemplate = TEMPLATE, **more: Any) -> openpyxl.Workbook:
    file = io.BytesIO()
    write_xlsx(file, template, **more)
    return openpyxl.load_workbook(file)


def csv_of(template: SheetTemplate = TEMPLATE, **more: Any) -> str:
    return b"".join(write_csv(template, **more)).decode()


def test_the_columns_have_the_order_of_the_template() -> None:
    assert HEADERS == [
        "workflow template",
        "display name",
        "description",
        "modeller",
        "requesting organisation",
        "study",
        "model version",
        "start time",
        "end time",
        "configuration",
        "script",
        "input: forcing [11]",
        "input: forcing [11] / configuration_file",
        "input: forcing [11] / log",
        "input: forcing [11] / components",
        "input: land mask [12]",
        "input: land mask [12] / mask",
        "input: land mask [12] / components",
        "output: depth [21]",
        "output: depth [21] / components",
        "annotation: site",
        "annotation: note",
        "annotation: Weather",
    ]


def test_a_csv_has_the_mark_by_which_excel_knows_utf_8() -> None:
    text = csv_of()
    assert text.startswith('\ufeff"workflow template","display name",')
    headers, example = csv.reader(io.StringIO(text[1:]))
    assert headers == HEADERS
    assert example[:2] == ["7", EXAMPLE_NAME]


def test_a_workbook_has_the_sheets_that_people_need() -> None:
    book = book_of(choices={"modeller": PEOPLE})
    assert {one.title: one.sheet_state for one in book.worksheets} == {
        "Model runs": "visible",
        "Explanations": "visible",
        "Choices": "hidden",
    }
    sheet = book["Model runs"]
    assert [one.value for one in sheet[1]] == HEADERS
    assert sheet["A2"].value == "7"
    assert sheet["B2"].value == EXAMPLE_NAME
    assert sheet.max_row == 2
    assert sheet.freeze_panes == "A2"
    assert all(one.font.bold for one in sheet[1])
    assert sheet["A1"].fill.fgColor.rgb != sheet["B1"].fill.fgColor.rgb


def test_cells_stay_as_they_are_typed_and_times_are_dates() -> None:
    sheet = book_of()["Model runs"]
    dimensions = sheet.column_dimensions
    formats = {letters: one.number_format for letters, one in dimensions.items()}
    assert formats["H"] == formats["I"] == "yyyy-mm-dd hh:mm"
    others = {formats[letters] for letters in formats if letters not in "HI"}
    assert others == {"@"}
    assert sheet["H2"].is_date
    assert all(14 <= one.width <= 48 for one in dimensions.values())


def test_known_values_are_drop_down_lists() -> None:
    book = book_of(choices={"study": [Choice(5, "Study")], "modeller": PEOPLE})
    lists = {
        str(one.sqref): (one.formula1, one.showErrorMessage)
        for one in book["Model runs"].data_validations.dataValidation
    }
    assert lists == {
        "A2:A10001": ('"7"', True),
        "D2:D10001": ("Choices!$B$1:$B$2", False),
        "F2:F10001": ("Choices!$A$1:$A$1", False),
    }
    choices = book["Choices"]
    assert [one.value for one in choices["B"]] == [
        "12 – Ada Lovelace",
        '13 – =HYPERLINK("http://x")',
    ]
    assert choices["A1"].value == "5 – Study"


def test_a_choice_is_read_as_its_number() -> None:
    book = book_of(choices={"modeller": PEOPLE})
    sheet = book["Model runs"]
    for name, value in (ROW | {"modeller": book["Choices"]["A1"].value}).items():
        sheet.cell(3, HEADERS.index(name) + 1, value)
    assert read_one(save(book)).record == RECORD


def test_a_list_can_have_texts() -> None:
    book = book_of(choices={"model version": ["2.0", "=1"]})
    assert [one.value for one in book["Choices"]["A"]] == ["2.0", "=1"]


def test_a_list_has_500_choices_at_most() -> None:
    many = [Choice(number, "x") for number in range(501)]
    book = book_of(choices={"modeller": many})
    assert book["Choices"].max_row == 500


def test_every_column_is_explained() -> None:
    rows = list(book_of()["Explanations"].values)
    assert rows[0] == ("column", "what it is", "required", "what is right", "example")
    explained = {str(row[0]): row for row in rows[1:]}
    assert list(explained) == HEADERS
    assert all(all(row) for row in rows)
    assert "Rain and rivers." in str(explained["input: forcing [11]"][1])
    assert "UTC" in str(explained["start time"][3])
    assert explained["study"][2] == "optional"


@pytest.mark.parametrize(
    "header, required",
    [
        ("modeller", "required"),
        ("input: forcing [11] / configuration_file", "required"),
        ("input: forcing [11] / log", "optional"),
        ("input: land mask [12]", "optional"),
        ("input: land mask [12] / mask", "required with the dataset"),
        ("annotation: site", "required"),
        ("annotation: note", "optional"),
    ],
)
def test_an_explanation_says_what_is_required(header: str, required: str) -> None:
    column = columns_of(TEMPLATE)[HEADERS.index(header)]
    assert explain_column(column, TEMPLATE).required == required


@pytest.mark.parametrize("text", FORMULAS)
def test_text_of_the_registry_becomes_no_formula(text: str) -> None:
    slot = SheetSlot(1, text, text, False, ())
    template = replace(TEMPLATE, name=text, model=text, inputs=(slot,))
    annotated = replace(template, required_annotations=(text,))
    more = {"records": [RECORD | {"inputs": [], "description": text, "study": text}]}
    cells = csv.reader(io.StringIO(csv_of(annotated, **more)[1:]))
    assert not [
        cell for row in cells for cell in row if cell.startswith(tuple("=+-@\t\r"))
    ]
    file = io.BytesIO()
    write_xlsx(file, annotated, choices={"modeller": [Choice(1, text)]}, **more)
    with zipfile.ZipFile(file) as archive:
        sheets = [one for one in archive.namelist() if "worksheets/" in one]
        assert len(sheets) == 3
        assert not [one for one in sheets if b"<f>" in archive.read(one)]
    described = openpyxl.load_workbook(file)["Model runs"]["C2"]
    assert described.value.strip() == text.strip()
    assert described.quotePrefix


def test_a_csv_cell_cannot_be_split_where_semicolons_separate() -> None:
    template = replace(TEMPLATE, required_annotations=("a;=1+1",))
    assert '"annotation: a;=1+1"' in csv_of(template)


def test_control_characters_become_spaces() -> None:
    slot = SheetSlot(1, "a\x00b\x0bc", "d\x1be", False, ())
    book = book_of(replace(TEMPLATE, inputs=(slot,)))
    assert book["Model runs"]["L1"].value == "input: a b c [1]"
    assert "d e" in str(book["Explanations"]["B13"].value)


def test_further_datasets_get_columns_beside_the_first() -> None:
    first = RECORD["inputs"][0]
    record = RECORD | {"inputs": [first, first | {"dataset": "102"}]}
    headers = csv_of(records=[record, RECORD]).splitlines()[0]
    names = next(csv.reader([headers]))
    assert names[11:20] == [
        "input: forcing [11]",
        "input: forcing [11] / configuration_file",
        "input: forcing [11] / log",
        "input: forcing [11] / components",
        "input: forcing [11] #2",
        "input: forcing [11] / configuration_file #2",
        "input: forcing [11] / log #2",
        "input: forcing [11] / components #2",
        "input: land mask [12]",
    ]
