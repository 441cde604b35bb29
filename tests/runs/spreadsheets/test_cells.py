"""What people type in cells, and what is read."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from registry.runs.spreadsheets.values import column_letters
from tests.runs.spreadsheets.sheets import (
    CONFIGURATION_HEADER,
    DEPTH_HEADER,
    FORCING_HEADER,
    RECORD,
    ROW,
    MakeFile,
    change_parts,
    csv_file,
    read_one,
    read_rows,
    save,
    table,
    xlsx_file,
)

pytestmark = pytest.mark.once

FORMATS = pytest.mark.parametrize("make", [csv_file, xlsx_file])
#: Cells of a workbook have no offset.
NOON = datetime.fromisoformat("2026-11-30T12:00")
AMBIGUOUS = "The order of day, month and year is ambiguous."


@FORMATS
@pytest.mark.parametrize(
    "typed, read",
    [
        ("2026-11-30", "2026-11-30T00:00:00+00:00"),
        ("2026/11/30", "2026-11-30T00:00:00+00:00"),
        ("2026.11.30", "2026-11-30T00:00:00+00:00"),
        ("2026/1/3 9:05", "2026-01-03T09:05:00+00:00"),
        ("2026-11-30 14:05", "2026-11-30T14:05:00+00:00"),
        ("  2026-11-30   14:05:06 ", "2026-11-30T14:05:06+00:00"),
        ("2026-11-30T14:05:06Z", "2026-11-30T14:05:06+00:00"),
        ("2026-11-30 14:05 UTC", "2026-11-30T14:05:00+00:00"),
        ("2026-11-30 14:05:06+10:30", "2026-11-30T14:05:06+10:30"),
        ("2026-11-30 14:05 -0330", "2026-11-30T14:05:00-03:30"),
        ("2026-11-30T14:05:06+01", "2026-11-30T14:05:06+01:00"),
        ("2026-11-30T14:05:06.123456789Z", "2026-11-30T14:05:06.123456+00:00"),
        ("2026-11-30T14:05:06.5Z", "2026-11-30T14:05:06.500000+00:00"),
        ("1796047500", "2026-11-30T14:05:00+00:00"),
        ("1796047500.5", "2026-11-30T14:05:00.500000+00:00"),
    ],
)
def test_times_are_read_as_people_write_them(
    make: MakeFile, typed: str, read: str
) -> None:
    row = read_one(make(table(ROW | {"start time": typed})))
    assert (row.errors, row.record["start_time"]) == ({}, read)


@FORMATS
@pytest.mark.parametrize(
    "typed, message",
    [
        ("30/11/2026", AMBIGUOUS),
        ("11/30/2026 14:05", AMBIGUOUS),
        ("03-04-2026", AMBIGUOUS),
        ("3.4.2026 9:00", AMBIGUOUS),
        ("26-11-30", AMBIGUOUS),
        ("30/11/26", AMBIGUOUS),
        ("2026-02-30", "There is no such date or time."),
        ("2026-11-30 25:00", "There is no such date or time."),
        ("2026-11-30 14:05+99:00", "There is no such date or time."),
        ("2026-11-30 14", "This is no date with a time."),
        ("30 November 2026", "This is no date with a time."),
        ("yesterday", "This is no date with a time."),
        ("46356.586805", "a date that the spreadsheet program stores as a number"),
        ("46356,586805", "a date that the spreadsheet program stores as a number"),
        ("20261130", "This number is no Unix time in seconds."),
        ("1796047500000", "This number is no Unix time in seconds."),
        ("-5", "This number is no Unix time in seconds."),
        ("##########", "The column was too narrow"),
    ],
)
def test_other_times_are_refused(make: MakeFile, typed: str, message: str) -> None:
    row = read_one(make(table(ROW | {"start time": typed})))
    assert list(row.errors) == ["D: start time"]
    assert message in row.errors["D: start time"][0]
    assert "start_time" not in row.record
    if "narrow" not in message:
        assert "2026-11-30 14:05" in row.errors["D: start time"][0]


@pytest.mark.parametrize(
    "typed, read",
    [
        (NOON.replace(hour=14, minute=5), "2026-11-30T14:05:00+00:00"),
        (NOON.replace(microsecond=500_000), "2026-11-30T12:00:00.500000+00:00"),
        (date(2026, 11, 30), "2026-11-30T00:00:00+00:00"),
        (1_796_047_500, "2026-11-30T14:05:00+00:00"),
        (1_796_047_500.25, "2026-11-30T14:05:00.250000+00:00"),
    ],
)
def test_dates_of_a_workbook_are_utc(typed: Any, read: str) -> None:
    row = read_one(xlsx_file(table(ROW | {"start time": typed})))
    assert (row.errors, row.record["start_time"]) == ({}, read)


@pytest.mark.parametrize(
    "typed, message",
    [
        (time(14, 5), "only a time of day"),
        (timedelta(hours=30), "This is no date."),
        (True, "This is no date."),
        (46356.586805, "a date that the spreadsheet program stores as a number"),
    ],
)
def test_other_values_of_a_workbook_are_no_times(typed: Any, message: str) -> None:
    row = read_one(xlsx_file(table(ROW | {"start time": typed})))
    assert message in row.errors["D: start time"][0]


def test_a_workbook_can_count_days_from_1904() -> None:
    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904
    sheet = book.worksheets[0]
    for cells in table(ROW | {"start time": NOON}):
        sheet.append(cells)
    assert read_one(save(book)).record["start_time"] == "2026-11-30T12:00:00+00:00"


@FORMATS
@pytest.mark.parametrize(
    "text",
    ["007", "1e5", "45.0", "TRUE", "=", "-5", "@home", "a\nb", "é “x”", "1,5", "; \tx"],
)
def test_texts_stay_as_they_are(make: MakeFile, text: str) -> None:
    row = read_one(make(table(ROW | {"annotation: site": text})))
    assert (row.errors, row.record["annotations"]) == ({}, {"site": text})


@pytest.mark.parametrize(
    "value, text",
    [
        (45, "45"),
        (45.0, "45"),
        (0.1, "0.1"),
        (0.1 + 0.2, "0.3"),
        (-2.50, "-2.5"),
        (1e-7, "0.0000001"),
        (100000000000000000000.0, "100000000000000000000"),
        (123456789012345, "123456789012345"),
        (True, "true"),
        (False, "false"),
        (date(2026, 11, 30), "2026-11-30 00:00:00"),
        (time(14, 5), "14:05:00"),
    ],
)
def test_values_of_a_workbook_become_the_text_that_people_see(
    value: Any, text: str
) -> None:
    row = read_one(xlsx_file(table(ROW | {"annotation: site": value})))
    assert (row.errors, row.record["annotations"]) == ({}, {"site": text})


def test_leading_zeros_of_a_number_format_are_kept() -> None:
    book = openpyxl.load_workbook(xlsx_file(table(ROW | {"annotation: site": 7})))
    book.worksheets[0]["I2"].number_format = "000"
    assert read_one(save(book)).record["annotations"] == {"site": "007"}


@FORMATS
@pytest.mark.parametrize(
    "typed, read",
    [
        ("12 – Ada Lovelace", "12"),
        ("12 - Ada Lovelace", "12"),
        (
            "https://example.org/api/author/3/ – Ada",
            "https://example.org/api/author/3/",
        ),
        (
            "6f0f0a1c-8f51-4f0c-9f33-2f5d5b0a7c11 – a – b",
            "6f0f0a1c-8f51-4f0c-9f33-2f5d5b0a7c11",
        ),
        ("Ada – Lovelace", "Ada – Lovelace"),
        ("12–13", "12–13"),
    ],
)
def test_a_choice_is_its_id(make: MakeFile, typed: str, read: str) -> None:
    row = read_one(make(table(ROW | {"modeller": typed, FORCING_HEADER: typed})))
    assert row.record["modeller"] == read
    assert row.record["inputs"][0]["dataset"] == read


def test_numbers_of_records_are_texts() -> None:
    ids = {"modeller": 12.0, FORCING_HEADER: 101, "workflow template": 7}
    assert read_one(xlsx_file(table(ROW | ids))).record == RECORD


def test_a_date_is_no_id() -> None:
    row = read_one(xlsx_file(table(ROW | {"modeller": date(2026, 1, 2)})))
    assert row.errors == {
        "C: modeller": ["This is no number, URL or UUID of a record."]
    }


@pytest.mark.parametrize("text", ["#REF!", "#N/A", "#DIV/0!", "#NAME?"])
def test_a_failed_formula_is_an_error(text: str) -> None:
    cells = table(ROW | {"description": text})
    for row in (read_one(csv_file(cells)), read_one(xlsx_file(cells))):
        message = f"The formula of this cell failed: {text}."
        assert row.errors == {"B: description": [message]}


def test_a_formula_that_was_never_calculated_is_an_error() -> None:
    row = read_one(xlsx_file(table(ROW | {"description": "=A1&A2"})))
    assert list(row.errors) == ["B: description"]
    assert "Open the file in a spreadsheet program" in row.errors["B: description"][0]


@pytest.mark.parametrize(
    "calculated, read",
    [
        ('t="str"><f>A1&amp;A2</f><v>A flood</v>', "A flood"),
        ("><f>40+5</f><v>45</v>", "45"),
        ('t="b"><f>TRUE()</f><v>1</v>', "true"),
        ('t="str"><f>""</f><v></v>', None),
    ],
)
def test_a_formula_has_its_calculated_value(calculated: str, read: str | None) -> None:
    def calculate(name: str, content: str) -> str:
        return content.replace("><f>A1&amp;A2</f><v></v>", f" {calculated}").replace(
            "><f>A1&amp;A2</f><v/>", f" {calculated}"
        )

    file = xlsx_file(table(ROW | {"display name": "=A1&A2"}))
    row = read_one(change_parts(file, calculate))
    assert (row.errors, row.record.get("display_name")) == ({}, read)


def test_a_date_that_there_is_not_is_an_error() -> None:
    row = ROW | {"start time": None, "display name": 99_999_999_999}
    book = openpyxl.load_workbook(xlsx_file(table(row)))
    book.worksheets[0]["J2"].number_format = "yyyy-mm-dd"
    errors = read_one(save(book)).errors
    assert errors["J: display name"] == [
        "This number is not a date, but is formatted as one."
    ]


@FORMATS
@pytest.mark.parametrize(
    "name",
    ["description", "modeller", "start time", "end time", FORCING_HEADER, DEPTH_HEADER],
)
def test_a_required_cell_is_required(make: MakeFile, name: str) -> None:
    row = read_one(make(table(ROW | {name: "", CONFIGURATION_HEADER: None})))
    letters = column_letters(list(ROW).index(name) + 1)
    assert row.errors[f"{letters}: {name}"] == ["This cell is required."]


def test_a_resource_needs_its_dataset_and_a_dataset_its_resources() -> None:
    mask = {"input: land mask [12]": "", "input: land mask [12] / mask": "m.nc"}
    row = read_one(csv_file(table(ROW | mask | {CONFIGURATION_HEADER: ""})))
    assert row.errors == {
        f"G: {CONFIGURATION_HEADER}": ["This cell is required."],
        "J: input: land mask [12]": ["This row continues a dataset that is missing."],
    }


def test_a_further_dataset_without_its_column_of_resources_is_an_error() -> None:
    row = read_one(csv_file(table(ROW | {f"{FORCING_HEADER} #2": "102"})))
    assert row.errors == {
        f"J: {FORCING_HEADER} #2": ["The sheet has no column for “configuration_file”."]
    }


def test_an_optional_slot_is_left_out() -> None:
    mask = {"input: land mask [12]": None, "input: land mask [12] / mask": None}
    assert read_one(csv_file(table(ROW | mask))).record == RECORD


@FORMATS
def test_a_value_without_a_header_is_an_error(make: MakeFile) -> None:
    names, cells = table(ROW)
    row = read_one(make([names, [*cells, None, "lost"]]))
    assert row.errors == {
        "K: (no header)": ["This column has no header, so it cannot be read."]
    }


@FORMATS
def test_empty_rows_are_skipped_and_rows_are_counted_as_people_count(
    make: MakeFile,
) -> None:
    names, cells = table(ROW | {"description": "two\nlines"})
    empty = [" ", *[None] * len(cells)]
    rows = read_rows(make([names, empty, cells, [], cells, empty, empty]))
    assert [one.number for one in rows] == [3, 5]
    assert [one.errors for one in rows] == [{}, {}]


@FORMATS
def test_empty_rows_before_the_header_are_skipped(make: MakeFile) -> None:
    names, cells = table(ROW)
    (row,) = read_rows(make([[None, None], names, cells]))
    assert (row.number, row.record) == (3, RECORD)


@pytest.mark.parametrize(
    "number, letters", [(1, "A"), (26, "Z"), (27, "AA"), (703, "AAA")]
)
def test_columns_have_the_letters_of_spreadsheets(number: int, letters: str) -> None:
    assert column_letters(number) == letters
