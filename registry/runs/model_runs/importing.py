"""Register model runs for code runs that exist already, as imports do.

An import makes the code run of what its document has for all readers. So it is compared
with the model run: they are one run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from registry.core.errors import Forbidden, InvalidInput, raise_by_row
from registry.core.lookups import IdIn
from registry.core.records import create_records
from registry.core.transactions import atomic
from registry.identity.ownership import look_after
from registry.runs.annotations import insert_annotations
from registry.runs.model_runs.content import values_of
from registry.runs.model_runs.registering import (
    check_bodies,
    code_run_values,
    raise_errors,
    raise_refusals,
)
from registry.runs.models import CodeRun, ModelRun

if TYPE_CHECKING:
    from registry.core.errors import RegistryError
    from registry.core.records import Values
    from registry.identity.models import User

_LISTS = ("inputs", "outputs")
_FIELDS = (
    *("run_date", "end_date", "description", "uuid", "withdrawn"),
    *("code_repo", "model_config", "submission_script"),
)
#: The key of the code run in a row.
CODE_RUN = "code_run"


@atomic
def register_for_code_runs(rows: Sequence[Values], *, by: User) -> list[ModelRun]:
    """Register one model run for each row, for the code run that the row names.

    Raises ``InvalidInput`` where the record is wrong, or is not that of the code run,
    and ``Forbidden`` where the code run is that of somebody else.
    """
    checked = check_bodies(
        [{name: row[name] for name in row if name != CODE_RUN} for row in rows],
        locked=True,
    )
    raise_errors(checked)
    raise_refusals(checked)
    runs: list[CodeRun] = [row[CODE_RUN] for row in rows]
    values = [values_of(one) for one in checked]
    models = [one.model for one in checked]
    own = look_after(CodeRun, {run.pk: run.registered_by_id for run in runs}, by)
    present = _values_of(runs)
    errors = {
        number: error
        for number, (run, expected) in enumerate(
            zip(runs, code_run_values(values, models), strict=True)
        )
        if (error := _error_of(run, present[run.pk], expected, is_own=run.pk in own))
    }
    raise_by_row(errors, len(rows))
    made = create_records(
        ModelRun,
        [
            {**row, CODE_RUN: run.pk, "uuid": run.uuid}
            for row, run in zip(values, runs, strict=True)
        ],
        by=by,
        validated=True,
    )
    insert_annotations(made)
    return made


def _values_of(runs: Sequence[CodeRun]) -> dict[int, dict[str, Any]]:
    """Return the values of code runs, as ``code_run_values`` has them."""
    ids = {run.pk for run in runs}
    found: dict[int, dict[str, Any]] = {
        row["pk"]: {**row, **{name: set() for name in _LISTS}}
        for row in CodeRun.objects.filter(IdIn("pk", ids)).values("pk", *_FIELDS)
    }
    for name in _LISTS:
        links = getattr(CodeRun, name).through._default_manager
        rows = links.filter(IdIn("coderun", ids)).order_by()
        for pk, part in rows.values_list("coderun", "objectcomponent"):
            found[pk][name].add(part)
    return found


def _error_of(
    run: CodeRun,
    present: Mapping[str, Any],
    expected: Mapping[str, Any],
    *,
    is_own: bool,
) -> RegistryError | None:
    """Return why a code run cannot have this model run; None if it can."""
    if not is_own:
        return Forbidden(
            f"Code run {run.pk} belongs to somebody else: only those who look after it "
            "register a model run for it."
        )
    if present["withdrawn"] is not None:
        return InvalidInput({CODE_RUN: [f"It was withdrawn: {present['withdrawn']}"]})
    different = [
        name for name in expected if _differs(name, present[name], expected[name])
    ]
    if different:
        names = ", ".join(different)
        message = f"The code run and its model run differ in: {names}."
        return InvalidInput({CODE_RUN: [message]})
    return None


def _differs(name: str, present: Any, expected: Any) -> bool:
    if name in _LISTS:
        return bool(present != {*expected})
    # the code can be that of a release which the model here does not have
    is_unknown = name == "code_repo" and expected is None
    return not is_unknown and bool(present != expected)
