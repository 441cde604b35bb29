"""The example row of a sheet, and an example of each column."""

from __future__ import annotations

from registry.runs.spreadsheets.headings import Headings
from registry.runs.spreadsheets.layout import (
    EXAMPLE_NAME,
    Column,
    Kind,
    SheetTemplate,
    columns_of,
)
from registry.runs.spreadsheets.values import Cells, text_of

_BY_FIELD = {
    "display_name": EXAMPLE_NAME,
    "description": "What was run, and why.",
    "modeller": "12",
    "requesting_organisation": "34",
    "study": "56",
    "model_version": "2.1.0",
    "model_config": "78",
    "submission_script": "90",
    "start_time": "2026-11-30 14:05",
    "end_time": "2026-11-30 16:30",
}
_BY_KIND = {
    Kind.DATASET: "123",
    Kind.RESOURCE: "path/in/the/dataset.csv",
    Kind.COMPONENTS: "table/a; table/b",
    Kind.ANNOTATION: "a text",
}


def example_of(column: Column, template: SheetTemplate) -> str:
    """Return the example of a column, as text."""
    if column.kind is Kind.TEMPLATE:
        return str(template.id)
    return _BY_FIELD.get(column.field) or _BY_KIND[column.kind]


def example_texts(template: SheetTemplate) -> dict[Column, str]:
    """Return the texts of the example row."""
    return {column: example_of(column, template) for column in columns_of(template)}


def is_example(cells: Cells, headings: Headings, template: SheetTemplate) -> bool:
    """Return whether a row is the example and nobody has filled it in.

    Times are not compared: spreadsheet programs write them in other forms.
    """
    if EXAMPLE_NAME not in cells.values():
        return False
    texts = {
        one.column: text_of(cells[number]) if number in cells else ""
        for number, one in headings.columns.items()
        if one.column.kind is not Kind.TIME
    }
    example = example_texts(template)
    return all(text == example.get(column, "") for column, text in texts.items())
