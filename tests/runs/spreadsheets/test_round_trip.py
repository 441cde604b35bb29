"""What is written is read back, after a person filled it in."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.runs.spreadsheets.csv_writing import write_csv
from registry.runs.spreadsheets.layout import SheetSlot, SheetTemplate, columns_of
from registry.runs.spreadsheets.reading import read_sheet
from registry.runs.spreadsheets.xlsx_writing import write_xlsx
from tests.runs.spreadsheets.sheets import (
    RECORD,
    ROW,
    TEMPLATE,
    csv_file,
    read_one,
    read_rows,
    save,
    share_strings,
    table,
)

pytestmark = pytest.mark.once

#: Texts as people write them: no control characters, no spaces around.
TEXTS = st.text(
    st.characters(exclude_categories=("Cc", "Cs", "Cn")) | st.just("\n"), min_size=1
).filter(lambda text: text == text.strip())
#: Names of components stand in lines.
NAMES = TEXTS.filter(lambda text: not {*";\n"} & {*text})
TRICKY = st.sampled_from(
    (
        "=1+1",
        "'=x",
        "''@",
        "-5",
        "007",
        "1e5",
        "45.0",
        "TRUE",
        "_x0041_",
        '"',
        ";",
        "12",
    )
)
LINKS = st.sampled_from(
    ("12", "https://example.org/api/author/3", "6f0f0a1c-8f51-4f0c-9f33-2f5d5b0a7c11")
)
#: Seconds since 1970, from the year 1800 on: Excel's dates are wrong before 1900.
TIMES = st.integers(-5_364_662_400, 1_767_225_600).map(
    lambda second: datetime.fromtimestamp(second, UTC).isoformat()
) | st.just("2026-01-02T03:04:05.678901+00:00")


def entries(slot: SheetSlot, least: int) -> st.SearchStrategy[list[dict[str, Any]]]:
    keys = {one.key: TEXTS | TRICKY for one in slot.resources if not one.optional}
    optional = {one.key: TEXTS for one in slot.resources if one.optional}
    fields: dict[str, Any] = {
        "dataset_template": st.just(slot.template_id),
        "dataset": LINKS,
    }
    if keys or optional:
        fields["resources"] = st.fixed_dictionaries(keys, optional=optional)
    further = {"components": st.lists(NAMES, min_size=1, max_size=3)}
    made = st.fixed_dictionaries(fields, optional=further)
    return st.lists(made, min_size=least, max_size=3)


def of_slots(template: SheetTemplate, side: Any) -> st.SearchStrategy[Any]:
    lists = [entries(one, 0 if one.optional else 1) for one in template.slots(side)]
    return st.tuples(*lists).map(
        lambda found: [entry for one in found for entry in one]
    )


def records(template: SheetTemplate) -> st.SearchStrategy[dict[str, Any]]:
    required = {
        "workflow_template": st.just(template.id),
        "description": TEXTS | TRICKY,
        "modeller": LINKS,
        "start_time": TIMES,
        "end_time": TIMES,
        "inputs": of_slots(template, "inputs"),
        "outputs": of_slots(template, "outputs"),
        "annotations": st.fixed_dictionaries(
            dict.fromkeys(template.required_annotations, TEXTS | TRICKY),
            optional=dict.fromkeys((*template.optional_annotations, "RCP"), TEXTS),
        ),
    }
    optional = {
        "display_name": TEXTS,
        "study": LINKS,
        "model_config": LINKS,
        "submission_script": LINKS,
        "model_version": st.sampled_from(("2.0", "1 – beta", "0012", "1e5")),
        "requesting_organisation": LINKS,
    }
    return st.fixed_dictionaries(required, optional=optional)


def written_as_csv(
    template: SheetTemplate, runs: list[dict[str, Any]] | None = None
) -> io.BytesIO:
    return io.BytesIO(b"".join(write_csv(template, runs)))


def written_as_xlsx(
    template: SheetTemplate, runs: list[dict[str, Any]] | None = None
) -> io.BytesIO:
    file = io.BytesIO()
    write_xlsx(file, template, runs)
    return file


def saved_by_others(
    template: SheetTemplate, runs: list[dict[str, Any]] | None = None
) -> io.BytesIO:
    """Return a workbook that another program opened and saved."""
    return save(openpyxl.load_workbook(written_as_xlsx(template, runs)))


FORMATS = pytest.mark.parametrize(
    "write", [written_as_csv, written_as_xlsx, saved_by_others]
)


@pytest.mark.parametrize("write", [written_as_csv, written_as_xlsx])
@settings(deadline=None, max_examples=60)
@given(runs=st.lists(records(TEMPLATE), min_size=1, max_size=3))
def test_records_are_read_as_they_were_written(
    write: Any, runs: list[dict[str, Any]]
) -> None:
    rows = read_rows(write(TEMPLATE, runs))
    assert [one.errors for one in rows] == [{}] * len(runs)
    assert [one.record for one in rows] == runs


@FORMATS
def test_a_new_sheet_has_only_an_example(write: Any) -> None:
    sheet = read_sheet(write(TEMPLATE), TEMPLATE)
    assert list(sheet.rows) == []
    assert sheet.warnings == ()
    names = [one.split(": ", 1)[1] for one in sheet.columns]
    assert names == [one.header for one in columns_of(TEMPLATE)]


def test_a_workbook_is_filled_in_below_the_example() -> None:
    book = openpyxl.load_workbook(written_as_xlsx(TEMPLATE))
    sheet = book["Model runs"]
    headers = [one.value for one in sheet[1]]
    for name, value in ROW.items():
        sheet.cell(3, headers.index(name) + 1, value)
    row = read_one(save(book))
    assert (row.number, row.record, row.errors) == (3, RECORD, {})


def test_a_csv_is_filled_in_instead_of_the_example() -> None:
    headers = written_as_csv(TEMPLATE).getvalue().decode("utf-8-sig").splitlines()[0]
    names = [one.strip('"') for one in headers.split(",")]
    row = read_one(csv_file([names, [ROW.get(name) for name in names]]))
    assert (row.number, row.record, row.errors) == (2, RECORD, {})


def test_an_example_that_was_half_filled_in_is_an_error() -> None:
    book = openpyxl.load_workbook(written_as_xlsx(TEMPLATE))
    book["Model runs"]["C2"] = "A flood"
    row = read_one(save(book))
    assert row.errors == {
        "B: display name": ["This is the name of the example: replace it or empty it."]
    }


def test_the_example_is_known_with_other_times_and_fewer_columns() -> None:
    book = openpyxl.load_workbook(written_as_xlsx(TEMPLATE))
    sheet = book["Model runs"]
    sheet["H2"] = "30/11/2026 14:05"
    sheet.delete_cols(5)
    assert read_rows(save(book)) == []


def test_names_with_signs_of_headers_are_told_apart() -> None:
    slots = (
        SheetSlot(1, "a [2] / b #2", "", False, ()),
        SheetSlot(2, "a", "", False, ()),
        SheetSlot(3, "=HYPERLINK()", "", False, ()),
    )
    template = SheetTemplate(9, "T", "M", slots, (), ("Key", "key", "#2"), ())
    record = RECORD | {
        "workflow_template": 9,
        "inputs": [
            {"dataset_template": one, "dataset": f"{one}{number}"}
            for one in (1, 2, 3)
            for number in range(1, 4)
        ],
        "outputs": [],
        "annotations": {"Key": "1", "key": "2", "#2": "3"},
        "end_time": "2026-11-01T11:00:00+00:00",
    }
    for write in (written_as_csv, written_as_xlsx):
        (row,) = read_rows(write(template, [record]), template)
        assert (row.errors, row.record) == ({}, record)


def test_a_template_can_be_an_input_and_an_output() -> None:
    slot = SheetSlot(1, "state", "", False, ())
    template = replace(TEMPLATE, inputs=(slot,), outputs=(slot,))
    before, after = (
        [{"dataset_template": 1, "dataset": f"{start}{number}"} for number in range(3)]
        for start in (1, 2)
    )
    record = RECORD | {"inputs": before, "outputs": after}
    record["end_time"] = "2026-11-01T11:00:00+00:00"
    for write in (written_as_csv, written_as_xlsx):
        (row,) = read_rows(write(template, [record]), template)
        assert (row.errors, row.record) == ({}, record)


def test_places_name_the_columns_of_the_sheet() -> None:
    second = {"input: forcing [11] #2": "102"}
    paths = {"input: forcing [11] / configuration_file #2": "b.yml"}
    row = read_one(csv_file(table(ROW | second | paths)))
    assert row.record["inputs"][1] == {
        "dataset_template": 11,
        "dataset": "102",
        "resources": {"configuration_file": "b.yml"},
    }
    assert row.places["description"] == "B: description"
    assert row.places["inputs[0]"] == "F: input: forcing [11]"
    assert row.places["inputs[1].dataset"] == "J: input: forcing [11] #2"
    assert row.places["inputs[1].resources.configuration_file"] == (
        "K: input: forcing [11] / configuration_file #2"
    )
    assert row.places["annotations.site"] == "I: annotation: site"


def test_the_helper_shares_strings() -> None:
    file = share_strings(written_as_xlsx(TEMPLATE, [RECORD]))
    assert b"inlineStr" not in openpyxl_part(file)
    assert [one.errors for one in read_rows(file)] == [{}]


def openpyxl_part(file: io.BytesIO) -> bytes:
    import zipfile

    with zipfile.ZipFile(file) as archive:
        return archive.read("xl/worksheets/sheet1.xml")
