"""Headers of the sheets of an older system, which people still have.

A resource column there names its key alone and belongs to the dataset column before it.
"""

from __future__ import annotations

import re

from registry.runs.spreadsheets.layout import SIDES, Column, Kind, Side, fold_header

#: What columns were called, and what they are called now.
OLDER_NAMES = {
    "agent id": "modeller",
    "study id": "study",
    "study id (optional)": "study",
    "model version (optional)": "model version",
    "requesting organisation id": "requesting organisation",
    "requesting organisation id (optional)": "requesting organisation",
    "requesting organization": "requesting organisation",
    "execution start time (yyyy-mm-dd hh:mm:ss+hh:mm)": "start time",
    "execution end time (yyyy-mm-dd hh:mm:ss+hh:mm)": "end time",
    "execution start time": "start time",
    "execution end time": "end time",
}
#: Columns that the older system filled in itself.
IGNORED = frozenset(
    {"_job_id", "_job_status", "_model_run_record_id", "_error_info"},
)
_MARKER = re.compile(r"_workflow template id\s+(\S+)", re.IGNORECASE)
_DATASET = re.compile(
    r"(input|output) dataset id for template:\s*(.*?)\s*\[template id:\s*(.*?)\s*\]",
    re.IGNORECASE | re.DOTALL,
)
_RESOURCE = re.compile(r"(input|output) resource:\s*(.*)", re.IGNORECASE | re.DOTALL)


def template_in_header(header: str) -> str | None:
    """Return the id of the template that an older header names, if it does."""
    found = _MARKER.fullmatch(header)
    return found[1] if found else None


def is_of_slot(header: str) -> bool:
    """Return whether this is an older header of a dataset or a resource."""
    return bool(_DATASET.fullmatch(header) or _RESOURCE.fullmatch(header))


def find_older_column(
    header: str, columns: tuple[Column, ...], before: Column | None
) -> Column | None:
    """Return the column that an older header stands for.

    ``before`` is the dataset or resource column to the left.
    """
    if found := _DATASET.fullmatch(header):
        return _find_dataset(columns, _side(found[1]), found[2], found[3])
    if (found := _RESOURCE.fullmatch(header)) and before:
        return _find_resource(columns, _side(found[1]), found[2], before)
    return None


def _side(word: str) -> Side:
    return SIDES[0] if word.casefold() == "input" else SIDES[1]


def _find_dataset(
    columns: tuple[Column, ...], side: Side, name: str, pk: str
) -> Column | None:
    """Find the slot by its id, or by its name if the id is not one of this registry."""
    for column in columns:
        slot = column.slot
        if column.kind is Kind.DATASET and column.field == side and slot:
            given = (pk, str(slot.template_id))
            if not pk.isdecimal():
                given = (fold_header(name), fold_header(slot.name))
            if given[0] == given[1]:
                return column
    return None


def _find_resource(
    columns: tuple[Column, ...], side: Side, key: str, before: Column
) -> Column | None:
    for column in columns:
        same_slot = column.field == side == before.field and column.slot == before.slot
        if column.kind is Kind.RESOURCE and same_slot and column.key == key.strip():
            return column
    return None
