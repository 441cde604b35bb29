"""The context of the page that compares code runs."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from string import ascii_uppercase
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.urls import reverse

from registry.core.record_types import record_kinds
from registry.runs.comparing import MOST, PARAMETER
from registry.runs.record_types import CODE_RUN, MODEL_RUN
from registry.web.addresses import page_address
from registry.web.values import Value

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from django.http import HttpRequest

    from registry.runs import comparing
    from registry.runs.comparing import ComparedRun, Comparison, Row, Section

#: The largest number of cells of the table of a section, of rows that are the same, and
#: of values in a cell.
MAX_CELLS, MAX_EQUAL, MAX_VALUES = 800, 200, 10
#: The largest number of characters of the table of a section: names can be long.
MAX_CHARACTERS = 15_000
#: The views of the pages, by the kinds of the records that they compare.
PAGES = {CODE_RUN.kind: "web:compare-runs", MODEL_RUN.kind: "web:compare-model-runs"}
#: The marks of the groups of a row: runs with the same mark have the same values.
MARKS = ascii_uppercase[:MOST]


@dataclass(frozen=True)
class Cell:
    """The values of a run in a row that differs, with the mark of its group."""

    mark: str
    values: Sequence[Value]
    more: int
    #: Whether the values are not those of the first run.
    is_other: bool


def comparison_context(comparison: Comparison, request: HttpRequest) -> dict[str, Any]:
    """Return the runs, the sections and the addresses of a comparison."""
    ids = [run.subject.id for run in comparison.runs]
    kind = comparison.runs[0].subject.kind
    api = reverse(f"{kind}-compare")
    sections = comparison.sections
    return {
        "runs": [_run(run, ids) for run in comparison.runs],
        "sections": [_section(section, len(ids)) for section in sections],
        "differing": sum(len(section.differing) for section in sections),
        "equal": sum(len(section.equal) for section in sections),
        "json": _address(api, ids, format="json"),
        "csv": _address(api, ids, format="csv"),
        "api_url": request.build_absolute_uri(_address(api, ids)),
    }


def _address(path: str, ids: Sequence[int], **more: str) -> str:
    pairs = [(PARAMETER, str(pk)) for pk in ids]
    return f"{path}?{urlencode([*pairs, *more.items()])}"


def _run(run: ComparedRun, ids: Sequence[int]) -> dict[str, Any]:
    """Return a run; of more than two, with the address of the others without it."""
    kind, pk = run.subject
    others = [other for other in ids if other != pk]
    compare = reverse(PAGES[kind])
    return {
        "id": pk,
        "address": page_address(kind, pk),
        "description": run.description,
        "began": run.row.run_date,
        "withdrawn": run.withdrawn,
        "without": _address(compare, others) if len(others) > 1 else "",
    }


def _section(section: Section, runs: int) -> dict[str, Any]:
    differing, equal = section.differing, section.equal
    most = _count_shown(differing, MAX_CELLS // runs)
    return {
        "title": section.title,
        "differing": len(differing),
        "rows": [_differing_row(row) for row in differing[:most]],
        "more_differing": max(0, len(differing) - most),
        "equal": len(equal),
        "equal_rows": [_equal_row(row) for row in equal[:MAX_EQUAL]],
        "more_equal": max(0, len(equal) - MAX_EQUAL),
    }


def _count_shown(rows: Sequence[Row], most: int) -> int:
    """Return how many rows are shown, at least the first."""
    lengths = accumulate(map(_length, rows[:most]))
    return max(1, sum(length <= MAX_CHARACTERS for length in lengths))


def _length(row: Row) -> int:
    texts = [value.text for cell in row.cells for value in cell[:MAX_VALUES]]
    return sum(map(len, (row.label, row.aspect, row.note, *texts)))


def _differing_row(row: Row) -> dict[str, Any]:
    return {
        "label": row.label,
        "aspect": row.aspect,
        "note": row.note,
        "cells": list(_cells(row)),
    }


def _cells(row: Row) -> Iterator[Cell]:
    for group, values in zip(row.groups, row.cells, strict=True):
        shown = [_value(value) for value in values[:MAX_VALUES]]
        yield Cell(MARKS[group], shown, len(values) - len(shown), group > 0)


def _equal_row(row: Row) -> dict[str, Any]:
    """Return the values of all runs; links only if they are the same for all."""
    first, *others = row.cells
    targets = [value.target for value in first]
    is_linked = all([value.target for value in cell] == targets for cell in others)
    shown = [_value(value, is_linked=is_linked) for value in first[:MAX_VALUES]]
    return {
        "label": row.label,
        "aspect": row.aspect,
        "values": shown,
        "more": len(first) - len(shown),
    }


def _value(value: comparing.Value, *, is_linked: bool = True) -> Value:
    target = value.target if is_linked else None
    has_page = target is not None and target.kind in record_kinds()
    return Value(
        value.text if value.moment is None else _to_the_second(value.moment),
        page_address(*target) if target is not None and has_page else None,
        code=value.is_code,
        withdrawn=value.is_withdrawn,
    )


def _to_the_second(moment: datetime) -> str:
    """Return a time in UTC; of runs that began in the same minute, seconds differ."""
    fraction = f".{moment.microsecond:06}".rstrip("0").rstrip(".")
    return f"{moment.day} {moment:%b %Y, %H:%M:%S}{fraction} UTC"
