"""The header row: order, spelling, further datasets, and sheets of the older system."""

from __future__ import annotations

from typing import Any

import pytest

from registry.runs.spreadsheets.layout import Limits, SheetSlot, SheetTemplate
from registry.runs.spreadsheets.problems import InvalidSheet
from registry.runs.spreadsheets.reading import read_sheet, read_template_number
from tests.runs.spreadsheets.sheets import (
    CONFIGURATION_HEADER,
    DEPTH_HEADER,
    FORCING,
    FORCING_HEADER,
    RECORD,
    ROW,
    TEMPLATE,
    csv_file,
    read_one,
    read_rows,
    table,
    xlsx_file,
)

pytestmark = pytest.mark.once

OLDER: dict[str, Any] = {
    "_workflow template id 7": "",
    "Input dataset id for template: forcing [template id: 11]": "101",
    "Input resource: configuration_file": "conf/a.yml",
    "Output dataset id for template: depth [template id: 21]": "201",
    "display name": "",
    "description": "A flood",
    "model version (optional)": "",
    "agent id": "12",
    "study id": "",
    "requesting organisation id": "",
    "execution start time (YYYY-MM-DD HH:MM:SS+HH:MM)": "2026-11-01 10:00:00+00:00",
    "execution end time (YYYY-MM-DD HH:MM:SS+HH:MM)": "2026-11-01 12:00:00+01:00",
    "annotation: site": "Leith",
    "_job_id": "x",
    "_job_status": "FAILED",
    "_model_run_record_id": "",
    "_error_info": "none",
}


def errors_of(row: dict[str, Any], template: SheetTemplate = TEMPLATE) -> Any:
    with pytest.raises(InvalidSheet) as caught:
        read_sheet(csv_file(table(row)), template)
    return caught.value.fields


def test_columns_can_have_any_order_and_spelling() -> None:
    row = {f" {name.upper()}  ": value for name, value in reversed(ROW.items())}
    row = {name.replace("START TIME", "start   time"): row[name] for name in row}
    assert read_one(xlsx_file(table(row))).record == RECORD


def test_an_older_sheet_is_read() -> None:
    sheet = read_sheet(csv_file(table(OLDER)), TEMPLATE)
    (row,) = sheet.rows
    assert (row.record, row.errors, sheet.warnings) == (RECORD, {}, ())


def test_ids_of_another_system_in_an_older_sheet_are_known_by_name() -> None:
    row = {
        name.replace("11]", "102.100.100/1]").replace("id 7", "id 102.100.100/2"): value
        for name, value in OLDER.items()
    }
    assert read_one(csv_file(table(row))).record == RECORD


def test_an_older_resource_belongs_to_the_dataset_before_it() -> None:
    slots = (FORCING, SheetSlot(13, "waves", "", False, FORCING.resources))
    template = SheetTemplate(7, "T", "M", slots, TEMPLATE.outputs, (), ())
    (headers, cells) = table(OLDER)
    headers[3:3] = [
        "Input dataset id for template: waves [template id: 13]",
        "Input resource: configuration_file",
        "Input resource: log",
    ]
    cells[3:3] = ["102", "b.yml", "log.txt"]
    at = headers.index("annotation: site")
    del headers[at], cells[at]
    assert read_one(csv_file([headers, cells]), template).record["inputs"] == [
        RECORD["inputs"][0],
        {
            "dataset_template": 13,
            "dataset": "102",
            "resources": {"configuration_file": "b.yml", "log": "log.txt"},
        },
    ]


@pytest.mark.parametrize(
    "header",
    ["input: forcing [11] #2 / configuration_file", f"{CONFIGURATION_HEADER} #2"],
)
def test_a_slot_can_have_further_datasets(header: str) -> None:
    row = read_one(csv_file(table(ROW | {f"{FORCING_HEADER} #2": "102", header: "b"})))
    assert [one["dataset"] for one in row.record["inputs"]] == ["101", "102"]
    assert row.record["inputs"][1]["resources"] == {"configuration_file": "b"}


def test_all_missing_columns_are_one_error() -> None:
    row = {name: ROW[name] for name in ROW if "time" not in name}
    row.pop("annotation: site")
    assert errors_of(row) == {
        "sheet": [
            "Required columns are missing: “start time”, “end time”, "
            "“annotation: site”."
        ]
    }


@pytest.mark.parametrize(
    "header, nearest",
    [
        ("Studdy", "study"),
        ("requesting organisatoin", "requesting organisation"),
        ("input: forcing [12]", "input: forcing [11]"),
    ],
)
def test_a_misspelt_column_is_an_error_that_names_the_right_one(
    header: str, nearest: str
) -> None:
    assert errors_of(ROW | {header: "1"}) == {
        f"J: {header}": [f"There is no such column. Did you mean “{nearest}”?"]
    }


def test_a_run_can_have_further_annotations() -> None:
    further = {"annotation: Wether": "sun", "Annotation:  calibration": "good"}
    sheet = read_sheet(csv_file(table(ROW | further)), TEMPLATE)
    (row,) = sheet.rows
    assert row.errors == {}
    assert row.record["annotations"] == {
        "site": "Leith",
        "Wether": "sun",
        "calibration": "good",
    }
    assert sheet.warnings == (
        "Column J: annotation: Wether: did you mean “annotation: Weather”?",
    )


@pytest.mark.parametrize(
    "header",
    [
        "input: bathymetry of the estuary [40]",
        "output: x [1]",
        "Input dataset id for template: soil [template id: 99]",
        "Output resource: nothing",
    ],
)
def test_a_column_that_the_template_lacks_is_an_error(header: str) -> None:
    (label, messages), *others = errors_of(ROW | {header: "1"}).items()
    assert (label, others) == (f"J: {header}", [])
    assert "no such input or output" in messages[0]
    assert "“input: land mask [12] / mask”" in messages[0]


def test_another_column_is_a_warning() -> None:
    sheet = read_sheet(csv_file(table(ROW | {"weather on that day": "sun"})), TEMPLATE)
    assert [one.record for one in sheet.rows] == [RECORD]
    assert sheet.warnings == (
        "Column J: weather on that day is unknown and was not read.",
    )


@pytest.mark.parametrize(
    "headers, label",
    [
        (("study", "Study "), "K: Study"),
        (("study", "study id"), "K: study id"),
        (("study", FORCING_HEADER), f"K: {FORCING_HEADER}"),
        ((f"{FORCING_HEADER} #2", f"{FORCING_HEADER}  #2"), f"K: {FORCING_HEADER} #2"),
    ],
)
def test_a_column_that_is_there_twice_is_an_error(
    headers: tuple[str, str], label: str
) -> None:
    names, cells = table(ROW)
    with pytest.raises(InvalidSheet) as caught:
        read_sheet(csv_file([[*names, *headers], [*cells, "", ""]]), TEMPLATE)
    ((found, messages),) = caught.value.fields.items()
    assert found == label
    assert messages[0].startswith("This column is there twice: see ")


@pytest.mark.parametrize(
    "row",
    [
        ROW | {"workflow template": "8"},
        ROW | {"workflow template": "8 – Droughts"},
        {"_workflow template id 8": "", **ROW, "workflow template": ""},
        {"workflow template": "8", "input: another [99]": "1"},
    ],
)
def test_a_sheet_for_another_template_is_refused(row: dict[str, Any]) -> None:
    assert errors_of(row) == {
        "sheet": ["The sheet is for workflow template 8, not for 7 (Floods)."]
    }


def test_a_row_for_another_template_is_an_error() -> None:
    first, second = read_rows(csv_file(table(ROW, ROW | {"workflow template": "8"})))
    assert first.errors == {}
    assert second.errors == {
        "A: workflow template": [
            "All rows of a sheet are for the same template, here 7."
        ]
    }


def test_further_rows_need_no_template() -> None:
    rows = read_rows(csv_file(table(ROW, ROW | {"workflow template": ""})))
    assert [one.record for one in rows] == [RECORD, RECORD]


@pytest.mark.parametrize(
    "cells, number",
    [
        (table(ROW), "7"),
        (table({**ROW, "workflow template": "7 – Floods"}), "7"),
        (table(OLDER), "7"),
        (table({"description": "x"}), None),
        ([["workflow template"]], None),
    ],
)
def test_the_template_of_a_sheet_is_known_before_it_is_read(
    cells: Any, number: str | None
) -> None:
    for file in (csv_file(cells), xlsx_file(cells)):
        assert read_template_number(file) == number


def test_the_headers_of_outputs_are_in_the_messages() -> None:
    row = read_one(csv_file(table(ROW | {DEPTH_HEADER: ""})))
    assert row.errors == {f"H: {DEPTH_HEADER}": ["This cell is required."]}


@pytest.mark.parametrize(
    "header", ["x" * 100_000, "a" + " " * 100_000 + "b", "#" * 9_000]
)
def test_long_headers_are_unknown_and_cost_little(header: str) -> None:
    names, cells = table(ROW)
    file = csv_file([[*names, *(f"{number}{header}" for number in range(9))], cells])
    sheet = read_sheet(file, TEMPLATE, Limits(line_characters=2**22))
    assert len(sheet.warnings) == 9
    assert max(map(len, sheet.warnings)) < 5_100


@pytest.mark.parametrize("number", ["9" * 5_000, "0008"])
def test_a_strange_number_of_a_template_is_another_one(number: str) -> None:
    (message,) = errors_of(ROW | {"workflow template": number})["sheet"]
    assert message == (
        f"The sheet is for workflow template {number}, not for 7 (Floods)."
    )


def test_a_template_is_named_by_its_number() -> None:
    row = read_one(csv_file(table(ROW | {"workflow template": "Floods"})))
    assert list(row.errors) == ["A: workflow template"]
