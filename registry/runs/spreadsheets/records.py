"""Make a record of a row."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from registry.runs.spreadsheets.headings import Heading, Headings
from registry.runs.spreadsheets.layout import (
    COMMON_COLUMNS,
    EXAMPLE_NAME,
    SIDES,
    Column,
    Kind,
    SheetSlot,
    SheetTemplate,
    Side,
)
from registry.runs.spreadsheets.problems import CellError
from registry.runs.spreadsheets.values import Cells, CellValue, read_value

_EMPTY = "This cell is required."
_BETWEEN_NAMES = re.compile(r"[;\r\n]")


@dataclass(frozen=True)
class SheetRow:
    """A row of a sheet: a record, as the API takes it, or errors.

    ``number`` is that of the spreadsheet program; the header is row 1. ``places`` maps
    places in the record, such as ``inputs[0].resources.parameters``, to columns,
    ``errors`` columns to messages, and ``cells`` columns to what is in them.
    """

    number: int
    record: dict[str, Any]
    places: dict[str, str]
    errors: dict[str, list[str]]
    cells: dict[str, CellValue]


@dataclass(frozen=True)
class _Row:
    """A row while it is read: the texts of its cells by column."""

    texts: dict[Column, str]
    labels: dict[Column, str]
    record: dict[str, Any] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    errors: dict[str, list[str]] = field(default_factory=dict)

    def add_error(self, column: Column, message: str) -> None:
        """Add a message, unless the column has one already."""
        label = self.labels.get(column, column.header)
        self.errors.setdefault(label, [message])

    def place(self, place: str, column: Column) -> None:
        """Note from which column a place of the record comes."""
        if column in self.labels:
            self.places[place] = self.labels[column]


def read_record(
    number: int, cells: Cells, headings: Headings, template: SheetTemplate
) -> SheetRow:
    """Return the record of a row, with all errors of its cells."""
    labels = {one.column: one.label for one in headings.columns.values()}
    row = _Row({}, labels)
    _read_cells(row, cells, headings)
    _add_common(row, template)
    for side in SIDES:
        _add_slots(row, side, template)
    _add_annotations(row)
    shown = {headings.label_of(one): value for one, value in cells.items()}
    return SheetRow(number, row.record, row.places, row.errors, shown)


def _read_cells(row: _Row, cells: Cells, headings: Headings) -> None:
    for number, value in cells.items():
        heading = headings.columns.get(number)
        if number in headings.ignored:
            continue
        if heading is None:
            label = headings.label_of(number)
            row.errors[label] = ["This column has no header, so it cannot be read."]
        else:
            _read_cell(row, heading, value)


def _read_cell(row: _Row, heading: Heading, value: Any) -> None:
    try:
        text = read_value(value, heading.column.kind)
    except CellError as error:
        row.add_error(heading.column, str(error))
        return
    if text:
        row.texts[heading.column] = text


def _add_common(row: _Row, template: SheetTemplate) -> None:
    for column in COMMON_COLUMNS:
        row.place(column.field, column)
        if column in row.texts:
            row.record[column.field] = row.texts[column]
        elif column.required and column.kind is not Kind.TEMPLATE:
            row.add_error(column, _EMPTY)
    _set_template(row, template)
    if row.record.get("display_name") == EXAMPLE_NAME:
        name = next(one for one in COMMON_COLUMNS if one.field == "display_name")
        row.add_error(name, "This is the name of the example: replace it or empty it.")


def _set_template(row: _Row, template: SheetTemplate) -> None:
    given = row.record.get("workflow_template", str(template.id))
    if given != str(template.id):
        row.add_error(
            COMMON_COLUMNS[0],
            f"All rows of a sheet are for the same template, here {template.id}.",
        )
    row.record["workflow_template"] = template.id


def _add_slots(row: _Row, side: Side, template: SheetTemplate) -> None:
    entries = row.record[side] = []
    for slot in template.slots(side):
        before = len(entries)
        for number in _numbers_of(row, side, slot):
            entry = _read_entry(row, side, slot, number, len(entries))
            entries.extend([entry] if entry else [])
        if len(entries) == before and not slot.optional:
            _require_dataset(row, side, slot)


def _numbers_of(row: _Row, side: Side, slot: SheetSlot) -> list[int]:
    return sorted({one.number for one in row.texts if _is_of(one, side, slot)})


def _is_of(column: Column, side: Side, slot: SheetSlot) -> bool:
    return column.slot == slot and column.field == side


def _columns_of(
    row: _Row, side: Side, slot: SheetSlot, number: int
) -> Iterator[Column]:
    for column in row.labels:
        if _is_of(column, side, slot) and column.number == number:
            yield column


def _require_dataset(row: _Row, side: Side, slot: SheetSlot) -> None:
    for column in _columns_of(row, side, slot, 1):
        if column.kind is Kind.DATASET:
            row.add_error(column, _EMPTY)


def _read_entry(
    row: _Row, side: Side, slot: SheetSlot, number: int, position: int
) -> dict[str, Any] | None:
    """Return one dataset of a run, with the paths of its resources."""
    columns = list(_columns_of(row, side, slot, number))
    dataset = next((one for one in columns if one.kind is Kind.DATASET), columns[0])
    if dataset.kind is not Kind.DATASET or dataset not in row.texts:
        row.add_error(dataset, "This row continues a dataset that is missing.")
        return None
    by_key = {one.key: one for one in columns if one.kind is Kind.RESOURCE}
    resources = {key: row.texts[one] for key, one in by_key.items() if one in row.texts}
    place = f"{side}[{position}]"
    for name in (place, f"{place}.dataset_template", f"{place}.dataset"):
        row.place(name, dataset)
    for key, column in by_key.items():
        row.place(f"{place}.resources.{key}", column)
    _require_resources(row, slot, dataset, by_key)
    components = _read_components(row, place, columns)
    return {
        "dataset_template": slot.template_id,
        "dataset": row.texts[dataset],
        **({"resources": resources} if resources else {}),
        **({"components": components} if components else {}),
    }


def _read_components(row: _Row, place: str, columns: list[Column]) -> list[str]:
    """Return the names of components in a cell, each in a line or after a semicolon."""
    for column in columns:
        if column.kind is Kind.COMPONENTS and column in row.texts:
            row.place(f"{place}.components", column)
            names = map(str.strip, _BETWEEN_NAMES.split(row.texts[column]))
            return [name for name in names if name]
    return []


def _require_resources(
    row: _Row, slot: SheetSlot, dataset: Column, by_key: dict[str, Column]
) -> None:
    for resource in slot.resources:
        column = by_key.get(resource.key)
        if resource.optional or column in row.texts:
            continue
        if column is None:
            row.add_error(dataset, f"The sheet has no column for “{resource.key}”.")
        else:
            row.add_error(column, _EMPTY)


def _add_annotations(row: _Row) -> None:
    annotations = {}
    for column in row.labels:
        if column.kind is Kind.ANNOTATION:
            row.place(f"annotations.{column.key}", column)
            if column in row.texts:
                annotations[column.key] = row.texts[column]
            elif column.required:
                row.add_error(column, _EMPTY)
    if annotations:
        row.record["annotations"] = annotations
