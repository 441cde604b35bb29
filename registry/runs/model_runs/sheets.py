"""Register the rows of a sheet as model runs: all of them or none.

Rows are checked and registered a thousand at a time, so that memory does not grow with
the sheet. After the first wrong row the transaction is rolled back, and the
rest is only checked: other writers do not wait for that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any

from registry.core.errors import (
    BulkError,
    Conflict,
    Duplicate,
    Forbidden,
    InvalidInput,
    RegistryError,
)
from registry.core.links import is_id
from registry.core.transactions import run_atomically
from registry.runs.model_runs.agreements import Agreement, fetch_agreements
from registry.runs.model_runs.content import values_of
from registry.runs.model_runs.registering import (
    check_bodies,
    find_same,
    is_same_content,
    register_checked,
)
from registry.runs.model_runs.sheet_outcomes import (
    ROW,
    RowOutcome,
    SheetOutcome,
    problems_of,
)
from registry.runs.model_runs.sheet_rows import Chunks, StoredRows, stored_rows
from registry.runs.model_runs.sheet_templates import sheet_template
from registry.runs.spreadsheets.problems import invalid_sheet
from registry.runs.spreadsheets.reading import read_sheet, read_template_number

if TYPE_CHECKING:
    from registry.identity.models import User
    from registry.runs.model_runs.checking import Checked
    from registry.runs.spreadsheets.records import SheetRow


class _TakenBack(Exception):
    """Takes back what was registered: a row is wrong, or it is a dry run."""


def register_sheet(
    file: IO[bytes], *, by: User, template: int | None = None, dry_run: bool = False
) -> SheetOutcome:
    """Register the runs of a CSV or XLSX file, which must be seekable.

    If rows are wrong, nothing is stored, and the outcome has what is wrong with each.
    With ``dry_run`` nothing is stored at all. ``template`` is only needed if the sheet
    names no workflow template. Raises ``InvalidSheet`` for a file that is no sheet, and
    ``Conflict`` if the template was withdrawn.
    """
    agreement = _find_agreement(file, template)
    sheet = read_sheet(file, sheet_template(agreement))
    empty = SheetOutcome(agreement.pk, sheet.warnings)
    with stored_rows(sheet.rows) as rows:
        work = _Registration(rows, by, dry_run, empty)
        try:
            return work.run()
        except (Duplicate, BulkError) as error:
            # somebody else registered the same content at the same moment
            if not is_same_content(error):
                raise
        return work.run()


def _find_agreement(file: IO[bytes], asked: int | None) -> Agreement:
    pk = _template_named(file) if asked is None else asked
    found = fetch_agreements({pk}).get(pk)
    if found is None:
        message = f"Workflow template {pk} does not exist."
        if asked is None:
            raise invalid_sheet(message)
        raise InvalidInput({"template": [message]})
    if found.withdrawn is not None:
        raise Conflict(f"Workflow template {pk} was withdrawn: {found.withdrawn}")
    return found


def _template_named(file: IO[bytes]) -> int:
    named = read_template_number(file)
    if named is None or not is_id(named):
        raise invalid_sheet(
            "The sheet does not name the workflow template of its runs. Fill in the "
            "column “workflow template”, or send “template” with the sheet."
        )
    return int(named)


@dataclass
class _Registration:
    """One attempt after another to register a sheet."""

    rows: StoredRows
    by: User
    dry_run: bool
    outcome: SheetOutcome
    chunks: Chunks = field(default_factory=lambda: iter(()))
    made: set[int] = field(default_factory=set)

    def run(self) -> SheetOutcome:
        """Register all rows, or check all."""
        with suppress(_TakenBack):
            run_atomically(self._register)
            return self.outcome
        for rows in self.chunks:
            self.outcome.add(_check(rows)[1])
        for one in self.outcome.rows:
            if one.run in self.made:
                one.run = None
        return self.outcome

    def _register(self) -> None:
        self.outcome = SheetOutcome(self.outcome.template, self.outcome.warnings)
        self.chunks = self.rows.chunks()
        self.made = set()
        for rows in self.chunks:
            outcomes = _register(rows, by=self.by)
            self.outcome.add(outcomes)
            if any(one.problems for one in outcomes):
                raise _TakenBack
            self.made |= {one.run for one in outcomes if one.is_new and one.run}
        if self.dry_run:
            raise _TakenBack


def _register(rows: Sequence[SheetRow], *, by: User) -> list[RowOutcome]:
    """Register rows, unless one of them is wrong."""
    checked, outcomes = _check(rows, locked=True)
    if any(one.problems for one in outcomes):
        return outcomes
    try:
        found = register_checked(checked, by=by)
    except (BulkError, InvalidInput, Conflict, Forbidden) as error:
        if is_same_content(error):
            raise
        errors = error.errors if isinstance(error, BulkError) else {0: error}
        return [
            _refused(row, errors[at]) if at in errors else outcome
            for at, (row, outcome) in enumerate(zip(rows, outcomes, strict=True))
        ]
    return [
        RowOutcome(row.number, one.run.pk, one.is_new)
        for row, one in zip(rows, found, strict=True)
    ]


def _refused(row: SheetRow, error: RegistryError) -> RowOutcome:
    fields: Mapping[str, Sequence[str]] = (
        error.fields if isinstance(error, InvalidInput) else {ROW: [error.detail]}
    )
    return RowOutcome(row.number, problems=problems_of(row, fields))


def _check(
    rows: Sequence[SheetRow], *, locked: bool = False
) -> tuple[list[Checked], list[RowOutcome]]:
    """Check rows; those that stay unregistered are looked up."""
    checked = check_bodies([row.record for row in rows], locked=locked)
    outcomes = [
        RowOutcome(row.number, problems=problems_of(row, one.errors))
        for row, one in zip(rows, checked, strict=True)
    ]
    if not locked or any(one.problems for one in outcomes):
        _find_known(checked, outcomes)
    return checked, outcomes


def _find_known(checked: Sequence[Checked], outcomes: Sequence[RowOutcome]) -> None:
    """Note which of the right rows are registered already."""
    prints: dict[int, Any] = {
        at: values_of(one)["fingerprint"]
        for at, one in enumerate(checked)
        if not outcomes[at].problems
    }
    known = find_same({*prints.values()}) if prints else {}
    for at, one in prints.items():
        outcomes[at].is_new = one not in known
        outcomes[at].run = known[one].pk if one in known else None
