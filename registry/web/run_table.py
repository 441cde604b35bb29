"""The table of the runs of a template, with a column for each of their annotations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from registry.runs.describing import rounded_duration
from registry.runs.quantities import PREFIX
from registry.web.addresses import page_address
from registry.web.queries import query_with
from registry.web.values import Value

if TYPE_CHECKING:
    from django.http import HttpRequest

    from registry.runs.models import ModelRun
    from registry.runs.quantities import Keys

#: The largest number of columns of annotations.
MAX_COLUMNS = 30
#: Characters of the head of a column, of a value, and of one that is not wrapped.
_HEAD, _CELL, _SHORT = 60, 120, 24
#: The columns that runs of every template have, with their labels; all but the last
#: can be ordered by.
_OF_EVERY_RUN = {
    "display_name": "Run",
    "start_time": "Began",
    "end_time": "Ended",
    "": "Duration",
}


@dataclass(frozen=True)
class Column:
    """The head of a column; ``address`` orders the table by it."""

    label: str
    title: str
    address: str
    #: As in ``aria-sort``; empty unless the table is ordered by the column.
    order: str
    is_annotation: bool


def table_of(
    runs: Sequence[ModelRun], keys: Keys, request: HttpRequest, *, address: str
) -> dict[str, Any]:
    """Return the columns and the rows of a table; ``address`` is that of its page."""
    names = list(islice(keys, MAX_COLUMNS))
    ordering = request.GET.get("ordering", "")
    return {
        "columns": list(_columns(names, ordering, request, address)),
        "rows": [_row(run, names) for run in runs],
        "more_columns": max(0, len([*keys]) - MAX_COLUMNS),
    }


def _columns(
    keys: Sequence[str], ordering: str, request: HttpRequest, address: str
) -> Iterator[Column]:
    plain = [(name, label, False) for name, label in _OF_EVERY_RUN.items()]
    annotations = [(f"{PREFIX}{key}", key, True) for key in keys]
    for name, label, is_annotation in (*plain, *annotations):
        order = {name: "ascending", f"-{name}": "descending"}.get(ordering, "")
        reverse = f"-{name}" if order == "ascending" else name
        yield Column(
            label=label if len(label) <= _HEAD else f"{label[: _HEAD - 1]}…",
            title=label,
            address=f"{address}{query_with(request, ordering=reverse)}" if name else "",
            order=order if name else "",
            is_annotation=is_annotation,
        )


def _row(run: ModelRun, keys: Sequence[str]) -> dict[str, Any]:
    return {
        "id": run.pk,
        "name": run.display_name or f"model run {run.pk}",
        "address": page_address(run.kind, run.pk),
        "moments": [
            ("Began", _moment(run.start_time)),
            ("Ended", _moment(run.end_time)),
        ],
        "duration": rounded_duration(run.end_time - run.start_time),
        "cells": [_cell(key, run.annotations.get(key)) for key in keys],
    }


def _cell(key: str, text: str | None) -> dict[str, Any]:
    shown = "—" if text is None else text
    return {
        "label": key,
        "text": shown if len(shown) <= _CELL else f"{shown[: _CELL - 1]}…",
        "is_short": len(shown) <= _SHORT,
        "is_absent": text is None,
    }


def _moment(moment: Any) -> Value:
    return Value(moment.isoformat(), moment=moment)
