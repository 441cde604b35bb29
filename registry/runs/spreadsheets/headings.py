"""The header row of a sheet: which column is which."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field

from registry.runs.spreadsheets.layout import (
    TEMPLATE_COLUMN,
    Column,
    SheetTemplate,
    annotation_column,
    columns_of,
    fold_header,
    numbered,
)
from registry.runs.spreadsheets.older_headings import (
    IGNORED,
    OLDER_NAMES,
    find_older_column,
    is_of_slot,
    template_in_header,
)
from registry.runs.spreadsheets.problems import SHEET, InvalidSheet
from registry.runs.spreadsheets.values import Cells, column_letters, text_of

#: A further dataset of a slot: "input: forcing [7] #2", "… [7] / key #2" or
#: "… [7] #2 / key".
_NUMBERED = (
    re.compile(r"(.*\S)\s+#([1-9][0-9]{0,2})()", re.DOTALL),
    re.compile(r"(.*\])\s+#([1-9][0-9]{0,2})(\s+/.*)", re.DOTALL),
)
_OF_TEMPLATE = ("input:", "output:")
#: A run can have annotations that its template does not name.
_ANNOTATION = re.compile(r"annotation:\s*(\S.*)", re.IGNORECASE | re.DOTALL)
#: Characters of a header that are read; those of the registry are shorter.
_LONGEST = 5_000
#: So many unknown headers, and so long ones, are compared with the names of columns.
_MOST_COMPARED, _LONGEST_COMPARED = 50, 500
#: How near a name must be to be suggested, as difflib measures it.
_NEAR = 0.8


@dataclass(frozen=True)
class Heading:
    """A column of a sheet, as it is named in messages."""

    label: str
    column: Column


@dataclass(frozen=True)
class Headings:
    """The columns of a sheet by their numbers; ``ignored`` are those not read."""

    columns: dict[int, Heading]
    ignored: frozenset[int]
    warnings: tuple[str, ...]

    def label_of(self, number: int) -> str:
        """Return the name of a column for messages."""
        heading = self.columns.get(number)
        return heading.label if heading else f"{column_letters(number)}: (no header)"


@dataclass
class _Found:
    columns: dict[int, Heading] = field(default_factory=dict)
    ignored: set[int] = field(default_factory=set)
    compared: int = 0
    warnings: list[str] = field(default_factory=list)
    errors: dict[str, list[str]] = field(default_factory=dict)


def read_headings(cells: Cells, template: SheetTemplate) -> Headings:
    """Return the columns of a sheet; raise InvalidSheet with all that is wrong."""
    columns = columns_of(template)
    found = _Found()
    before: Column | None = None
    for number, value in sorted(cells.items()):
        header = text_of(value).strip()[:_LONGEST]
        column = find_column(header, columns, before)
        if fold_header(header) in IGNORED:
            found.ignored.add(number)
        elif column is None:
            _add_unknown(found, number, header, columns)
        else:
            _add_known(found, number, header, column)
        before = column if column and column.slot else before
    _require_columns(found, columns)
    if found.errors:
        raise InvalidSheet(found.errors)
    return Headings(found.columns, frozenset(found.ignored), tuple(found.warnings))


def find_column(
    header: str, columns: tuple[Column, ...], before: Column | None = None
) -> Column | None:
    """Return the column that a header names, in its present or its older form."""
    if template_in_header(header):
        return TEMPLATE_COLUMN
    folded = fold_header(header)
    # with single spaces, no pattern has more than one way to match
    spaced = " ".join(header.split())
    return (
        _find_by_name(OLDER_NAMES.get(folded, header), columns)
        or _find_numbered(spaced, columns)
        or find_older_column(spaced, columns, before)
    )


def _find_by_name(header: str, columns: tuple[Column, ...]) -> Column | None:
    """Find a column; names that differ in capitals alone must be written exactly."""
    folded = fold_header(header)
    near = [one for one in columns if fold_header(one.header) == folded]
    exact = [one for one in near if one.header.strip() == header]
    chosen = exact if len(near) > 1 else near
    return chosen[0] if len(chosen) == 1 else None


def _find_numbered(header: str, columns: tuple[Column, ...]) -> Column | None:
    for pattern in _NUMBERED:
        if found := pattern.fullmatch(header):
            column = _find_by_name(found[1] + found[3], columns)
            if column and column.slot:
                return numbered(column, int(found[2]))
    return None


def _add_known(found: _Found, number: int, header: str, column: Column) -> None:
    label = _label(number, header)
    for other in found.columns.values():
        if other.column == column:
            found.errors[label] = [f"This column is there twice: see {other.label}."]
    found.columns[number] = Heading(label, column)
    if template_in_header(header):
        found.ignored.add(number)


def _label(number: int, header: str) -> str:
    return f"{column_letters(number)}: {' '.join(header.split())}"


def _add_unknown(
    found: _Found, number: int, header: str, columns: tuple[Column, ...]
) -> None:
    label = _label(number, header)
    found.compared += 1
    compared = found.compared <= _MOST_COMPARED and len(header) < _LONGEST_COMPARED
    nearest = _nearest(header, columns) if compared else None
    if further := _ANNOTATION.fullmatch(header):
        _add_known(found, number, header, annotation_column(further[1]))
        if nearest:
            found.warnings.append(f"Column {label}: did you mean “{nearest}”?")
        return
    found.ignored.add(number)
    if nearest:
        found.errors[label] = [f"There is no such column. Did you mean “{nearest}”?"]
    elif _is_of_template(header):
        found.errors[label] = [_say_what_exists(columns)]
    else:
        found.warnings.append(f"Column {label} is unknown and was not read.")


def _is_of_template(header: str) -> bool:
    return fold_header(header).startswith(_OF_TEMPLATE) or is_of_slot(header)


def _nearest(header: str, columns: tuple[Column, ...]) -> str | None:
    """Return the nearest name of a column; of annotations, the keys are compared."""
    folded, start = fold_header(header), "annotation: "
    names = {fold_header(one.header): one.header for one in columns}
    if folded.startswith(start):
        names = {name.removeprefix(start): one for name, one in names.items()}
        folded = folded.removeprefix(start)
    near = difflib.get_close_matches(folded, names, 1, _NEAR)
    return names[near[0]] if near else None


def _say_what_exists(columns: tuple[Column, ...]) -> str:
    names = [f"“{one.header}”" for one in columns if one.slot]
    has = f"It has {', '.join(names)}." if names else "It has none."
    return f"The workflow template has no such input or output. {has}"


def _require_columns(found: _Found, columns: tuple[Column, ...]) -> None:
    present = {one.column for one in found.columns.values()}
    missing = [one for one in columns if one.required and one not in present]
    if missing:
        names = ", ".join(f"“{one.header}”" for one in missing)
        found.errors[SHEET] = [f"Required columns are missing: {names}."]
