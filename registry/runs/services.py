"""Register, change and delete code runs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from registry.catalogue.services import require_same_uuid
from registry.core.errors import Conflict
from registry.core.records import Values, create_records, would_change
from registry.identity.ownership import change_own, delete_own
from registry.runs.dependents import require_kept_links, require_no_dependents
from registry.runs.models import CodeRun, ModelRun

if TYPE_CHECKING:
    from registry.identity.models import User


def register_code_runs(
    rows: Sequence[Values], *, by: User, validated: bool = False
) -> list[CodeRun]:
    """Register code runs with their inputs and outputs."""
    return create_records(CodeRun, rows, by=by, validated=validated)


def update_code_run(
    pk: int,
    values: Values,
    *,
    by: User,
    unless_changed: Collection[str] | None = None,
    validated: bool = False,
) -> CodeRun:
    """Change a code run, for example add outputs as they appear; its UUID is locked.

    Inputs and outputs that other runs stand on cannot be taken away.
    """
    return change_own(
        CodeRun,
        pk,
        values,
        by=by,
        unless_changed=unless_changed,
        validated=validated,
        guard=check_change,
    )


def delete_code_run(
    pk: int, *, by: User, unless_changed: Collection[str] | None = None
) -> None:
    """Delete a code run on which no other stands; its inputs and outputs stay."""
    delete_own(
        CodeRun,
        pk,
        by=by,
        unless_changed=unless_changed,
        guard=_check_deletion,
    )


def _check_deletion(run: CodeRun) -> None:
    require_no_model_run(run)
    require_no_dependents(run)


def require_no_model_run(run: CodeRun) -> None:
    """Raise ``Conflict`` if a code run belongs to a model run."""
    found = ModelRun.objects.filter(code_run=run).values_list("pk", flat=True).first()
    if found is not None:
        raise Conflict(
            f"Code run {run.pk} belongs to model run {found}: correct or delete "
            f"/api/model_run/{found}/, and this record follows."
        )


def check_change(run: CodeRun, values: Values) -> None:
    """Raise ``Conflict`` for changes that others rely on not being made."""
    require_same_uuid(run, values)
    if would_change(run, values):
        require_no_model_run(run)
    require_kept_links(run, values)
