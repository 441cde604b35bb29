"""Correct and delete records of model runs, with their code runs.

A correction is checked like a new record, and has a reason. The history keeps this
reason and all that the record was before.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from django.db import transaction

from registry.catalogue.services import require_same_uuid
from registry.core.errors import Conflict, Duplicate, InvalidInput
from registry.core.models import MAX_REASON
from registry.core.records import (
    Values,
    change_record,
    delete_record,
    lock_record,
    would_change,
)
from registry.core.transactions import atomic
from registry.identity.ownership import lock_own
from registry.runs import dependents
from registry.runs.annotations import index_annotations
from registry.runs.model_runs.checking import Checked
from registry.runs.model_runs.content import derived_name, values_of
from registry.runs.model_runs.given import FIELDS, LINKS, misspelt_in
from registry.runs.model_runs.registering import (
    check_bodies,
    code_run_values,
    raise_errors,
)
from registry.runs.models import CodeRun, EarlierContent, ModelRun

if TYPE_CHECKING:
    from registry.identity.models import User

#: The key of the reason in what people send, and in the details of events.
REASON = "reason"


@atomic
def correct_model_run(
    pk: int,
    values: Values,
    *,
    by: User,
    unless_changed: Collection[str] | None = None,
    validated: bool = False,
    partial: bool = True,
) -> ModelRun:
    """Correct a model run, and its code run; ``values`` have the reason too.

    ``partial`` keeps what is not in the values. Values that the record has already
    change nothing and need no reason. Data can be corrected although other runs depend
    on it: the graph is right from then on. Raises ``InvalidInput`` with all errors by
    their places, and ``Duplicate`` if another record has the same content.
    """
    del validated  # a record is always checked as a whole
    record = lock_own(ModelRun, pk, by=by, unless_changed=unless_changed)
    body = _merged(record, values) if partial else values
    [checked] = check_bodies([body], locked=True)
    # in the whole record, what they are near is not missing
    checked.errors.update(misspelt_in(values) if partial else {})
    if checked.links["workflow_template"] != record.workflow_template_id:
        checked.refuse()
    raise_errors([checked])
    new = values_of(checked)
    require_same_uuid(record, new)
    new.pop("uuid", None)
    if not would_change(record, new):
        return record
    return _correct(record, new, checked, _reason_in(values), by=by)


def try_correction(pk: int, body: Values, *, by: User) -> None:
    """Raise what a correction would; nothing is stored."""
    with transaction.atomic():
        correct_model_run(pk, body, by=by, partial=False)
        transaction.set_rollback(True)


def _merged(record: ModelRun, values: Values) -> Values:
    """Return a record as it is, with what is to be another."""
    sent = {**values}
    associations = sent.get("associations")
    inside = associations if isinstance(associations, dict) else {}
    given_names = {name.removesuffix("_id") for name in (*sent, *inside)}
    kept = body_of(record)
    body = {name: kept[name] for name in kept if name not in given_names & {*LINKS}}
    body |= {name: value for name, value in sent.items() if name != REASON}
    was_derived = record.display_name == derived_name(record.description)
    if was_derived and "description" in values and "display_name" not in values:
        body.pop("display_name")
    return body


def body_of(record: ModelRun) -> dict[str, Any]:
    """Return a record as it would be sent, with ids as links."""
    body = {name: getattr(record, name) for name in FIELDS if name not in LINKS}
    return body | {name: getattr(record, f"{name}_id") for name in LINKS}


def _reason_in(values: Values) -> str:
    reason = values.get(REASON)
    text = reason.strip() if isinstance(reason, str) else ""
    if not text or "\0" in text:
        raise InvalidInput({REASON: ["Say why the record is corrected."]})
    if len(text) > MAX_REASON:
        message = f"Give a reason of at most {MAX_REASON} characters."
        raise InvalidInput({REASON: [message]})
    return text


def _correct(
    record: ModelRun,
    new: dict[str, Any],
    checked: Checked,
    reason: str,
    *,
    by: User,
) -> ModelRun:
    run = lock_record(CodeRun, record.code_run_id)
    [values] = code_run_values([new], [checked.model])
    detail = {REASON: reason}
    EarlierContent.objects.bulk_create(
        [EarlierContent(model_run=record, fingerprint=record.fingerprint)],
        ignore_conflicts=True,
    )
    change_record(run, values, by=by, validated=True, detail=detail)
    try:
        changed = change_record(record, new, by=by, validated=True, detail=detail)
    except Duplicate as duplicate:
        if duplicate.existing is not None:
            duplicate.detail = (
                f"Model run {duplicate.existing.pk} has the same content."
            )
        raise
    index_annotations(changed)
    return changed


@atomic
def delete_model_run(
    pk: int, *, by: User, unless_changed: Collection[str] | None = None
) -> None:
    """Delete a model run with its code run, on which no other stands."""
    record = lock_own(ModelRun, pk, by=by, unless_changed=unless_changed)
    run = lock_record(CodeRun, record.code_run_id)
    dependents.require_no_dependents(run)
    delete_record(record, by=by)
    delete_record(run, by=by)


def has_dependents(record: ModelRun) -> bool:
    """Return whether other runs stand on what a model run wrote."""
    return dependents.has_dependents(record.code_run)


def refuse_restoring(record: ModelRun, values: Values) -> None:
    """Raise ``Conflict`` for older values: they are restored by a correction."""
    if would_change(record, values):
        raise Conflict(
            "A model run and its code run change together: correct the record, with "
            "the values that it had."
        )
