"""What is written into a sheet, whatever its format: columns and rows of texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from registry.runs.spreadsheets.examples import example_texts
from registry.runs.spreadsheets.layout import (
    SIDES,
    Column,
    SheetTemplate,
    annotation_column,
    columns_of,
    numbered,
)

Record = dict[str, Any]
#: How many datasets a run has for one slot, by side and dataset template.
_Counts = Counter[tuple[str, int]]


def table_columns(
    template: SheetTemplate, records: Sequence[Record] = ()
) -> list[Column]:
    """Return the columns of a sheet, with further ones for several datasets of a slot.

    The columns of a further dataset follow those of the dataset before it.
    """
    most = _most_datasets(records)
    columns: list[Column] = []
    waiting: list[Column] = []
    for column in columns_of(template):
        if waiting and _slot_of(column) != _slot_of(waiting[0]):
            columns.extend(_further(waiting, most))
            waiting = []
        columns.append(column)
        waiting.extend([column] if column.slot else [])
    return [
        *columns,
        *_further(waiting, most),
        *_further_annotations(template, records),
    ]


def table_rows(
    template: SheetTemplate, columns: Sequence[Column], records: Sequence[Record] = ()
) -> Iterator[list[str]]:
    """Iterate over the rows of a sheet: the records, or else the example."""
    if not records:
        example = example_texts(template)
        yield [example[column] for column in columns]
    for record in records:
        texts = _record_texts(record)
        yield [texts.get(_place(column), "") for column in columns]


def _most_datasets(records: Sequence[Record]) -> _Counts:
    most: _Counts = Counter()
    for record in records:
        most |= Counter(
            (side, entry["dataset_template"])
            for side in SIDES
            for entry in record.get(side, [])
        )
    return most


def _slot_of(column: Column) -> tuple[object, ...]:
    """Return the slot of a column; the same template can be an input and an output."""
    return column.field, column.slot


def _further(columns: Sequence[Column], most: _Counts) -> Iterator[Column]:
    if columns and (slot := columns[0].slot):
        for number in range(2, most[columns[0].field, slot.template_id] + 1):
            yield from (numbered(column, number) for column in columns)


def _further_annotations(
    template: SheetTemplate, records: Sequence[Record]
) -> Iterator[Column]:
    """Iterate over the columns of annotations that the template does not name."""
    named = {*template.required_annotations, *template.optional_annotations}
    keys = {key for one in records for key in one.get("annotations") or {}}
    yield from map(annotation_column, sorted(keys - named))


def _place(column: Column) -> tuple[object, ...]:
    if column.slot:
        return column.field, column.slot.template_id, column.number, column.key
    return column.field, column.key


def _record_texts(record: Record) -> dict[tuple[object, ...], str]:
    """Return the texts of a record by their places."""
    texts: dict[tuple[object, ...], str] = {
        (name, ""): str(value) for name, value in record.items() if value is not None
    }
    for key, text in (record.get("annotations") or {}).items():
        texts["annotations", key] = text
    for side in SIDES:
        texts |= _dataset_texts(side, record.get(side, []))
    return texts


def _dataset_texts(
    side: str, entries: Sequence[Record]
) -> dict[tuple[object, ...], str]:
    texts: dict[tuple[object, ...], str] = {}
    numbers: Counter[int] = Counter()
    for entry in entries:
        slot = entry["dataset_template"]
        numbers[slot] += 1
        texts[side, slot, numbers[slot], ""] = str(entry["dataset"])
        for key, path in (entry.get("resources") or {}).items():
            texts[side, slot, numbers[slot], key] = path
    return texts
