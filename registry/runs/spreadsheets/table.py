"""What is written into a sheet, whatever its format: columns and rows of texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from registry.runs.spreadsheets.examples import example_texts
from registry.runs.spreadsheets.layout import (
    SIDES,
    Column,
    Kind,
    Limits,
    SheetTemplate,
    annotation_column,
    columns_of,
    numbered,
)
from registry.runs.spreadsheets.problems import invalid_sheet

Record = dict[str, Any]
#: How many datasets a run has for one slot, by side and dataset template.
_Counts = Counter[tuple[str, int]]
_MOST_COLUMNS = Limits().columns


def table_columns(
    template: SheetTemplate, records: Iterable[Record] = ()
) -> list[Column]:
    """Return the columns of a sheet, with further ones for several datasets of a slot.

    The columns of a further dataset follow those of the dataset before it.
    """
    most, annotations = _say_most(template, records)
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
        *map(annotation_column, sorted(annotations)),
    ]


def table_rows(
    template: SheetTemplate,
    columns: Sequence[Column],
    records: Iterable[Record] | None = None,
) -> Iterator[list[str]]:
    """Iterate over the rows of a sheet: the records, or the example if it is None."""
    if records is None:
        example = example_texts(template)
        yield [example[column] for column in columns]
    for record in records or ():
        texts = _record_texts(record)
        yield [texts.get(_place(column), "") for column in columns]


def _say_most(
    template: SheetTemplate, records: Iterable[Record]
) -> tuple[_Counts, set[str]]:
    """Return the most datasets, and the annotations that the template does not name.

    Raise InvalidSheet for more than a sheet has columns.
    """
    named = {*template.required_annotations, *template.optional_annotations}
    most: _Counts = Counter()
    annotations: set[str] = set()
    for record in records:
        most |= Counter(
            (side, entry["dataset_template"])
            for side in SIDES
            for entry in record.get(side, [])
        )
        annotations |= (record.get("annotations") or {}).keys() - named
        if most.total() + len(annotations) > _MOST_COLUMNS:
            raise invalid_sheet(
                f"These runs need more than {_MOST_COLUMNS} columns. Read them as JSON."
            )
    return most, annotations


def _slot_of(column: Column) -> tuple[object, ...]:
    """Return the slot of a column; the same template can be an input and an output."""
    return column.field, column.slot


def _further(columns: Sequence[Column], most: _Counts) -> Iterator[Column]:
    if columns and (slot := columns[0].slot):
        for number in range(2, most[columns[0].field, slot.template_id] + 1):
            yield from (numbered(column, number) for column in columns)


def _place(column: Column) -> tuple[object, ...]:
    if column.slot:
        slot = column.slot.template_id
        return column.kind, column.field, slot, column.number, column.key
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
        place = side, slot, numbers[slot]
        texts[Kind.DATASET, *place, ""] = str(entry["dataset"])
        for key, path in (entry.get("resources") or {}).items():
            texts[Kind.RESOURCE, *place, key] = path
        texts[Kind.COMPONENTS, *place, ""] = "\n".join(entry.get("components") or ())
    return texts
