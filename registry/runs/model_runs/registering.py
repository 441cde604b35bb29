"""Register records of model runs, with their code runs: all of them or none."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F

from registry.catalogue.models import WHOLE_OBJECT, DataProduct, ResearchModel
from registry.core.errors import (
    BulkError,
    Conflict,
    Duplicate,
    Forbidden,
    InvalidInput,
    raise_by_row,
)
from registry.core.lookups import IdIn
from registry.core.records import create_records
from registry.core.transactions import run_atomically
from registry.runs.annotations import insert_annotations
from registry.runs.model_runs.checking import Checked, check_records, components_of
from registry.runs.model_runs.content import values_of
from registry.runs.model_runs.given import read_record
from registry.runs.models import CodeRun, ModelRun
from registry.runs.services import register_code_runs

if TYPE_CHECKING:
    from registry.core.errors import RegistryError
    from registry.core.records import Values
    from registry.identity.models import User

    #: Ids of the objects with the code, by the ids of models and the versions.
    Releases = Mapping[tuple[int, str], int]


_FINGERPRINT = "fingerprint"


@dataclass(frozen=True)
class Registered:
    """A registered model run; ``is_new`` unless it existed before."""

    run: ModelRun
    is_new: bool
    #: What was left out of the record, and why.
    warnings: tuple[str, ...] = ()


def register_model_runs(
    rows: Sequence[Values], *, by: User, validated: bool = False
) -> list[ModelRun]:
    """Register records, or find those with the same content."""
    del validated  # a record is always checked as a whole
    return [one.run for one in register_records(rows, by=by)]


def register_records(bodies: Sequence[Any], *, by: User) -> list[Registered]:
    """Register records as they were sent; what has the same content is one record.

    A single wrong record raises ``InvalidInput`` with all its errors by their places,
    several raise ``BulkError``. If somebody else registers the same content at the same
    moment, the second finds what the first registered.
    """
    try:
        return run_atomically(lambda: _register(bodies, by=by))
    except (Duplicate, BulkError) as error:
        if not is_same_content(error):
            raise
    return run_atomically(lambda: _register(bodies, by=by))


def try_records(bodies: Sequence[Any], *, by: User) -> list[Registered]:
    """Return what registering records would, without registering any.

    Raises the same errors as ``register_records``.
    """

    def work() -> list[Registered]:
        found = _register(bodies, by=by)
        transaction.set_rollback(True)
        return found

    return run_atomically(work)


def is_same_content(error: RegistryError) -> bool:
    """Return whether a record has the content of one that somebody just registered."""
    errors = error.errors.values() if isinstance(error, BulkError) else [error]
    return any(
        isinstance(one, Duplicate) and one.fields == (_FINGERPRINT,) for one in errors
    )


def check_bodies(bodies: Sequence[Any], *, locked: bool = False) -> list[Checked]:
    """Return records as they were sent, checked, each with its errors.

    With ``locked``, their templates stay as they are until the end of the transaction.
    """
    return check_records([read_record(body) for body in bodies], locked=locked)


def raise_errors(checked: Sequence[Checked]) -> None:
    """Raise the errors of records, if there are any."""
    errors: dict[int, RegistryError] = {
        row: InvalidInput(one.errors) for row, one in enumerate(checked) if one.errors
    }
    raise_by_row(errors, len(checked))


def raise_refusals(checked: Sequence[Checked]) -> None:
    """Raise the errors of new runs of withdrawn templates, if there are any.

    Runs that are registered already, with the same content, are not new.
    """
    refused = [one for one in checked if one.refusal is not None]
    if not refused:
        return
    fingerprints = [values_of(one)["fingerprint"] for one in refused]
    known = find_same(set(fingerprints))
    for one, fingerprint in zip(refused, fingerprints, strict=True):
        if fingerprint not in known:
            one.refuse()
    raise_errors(checked)


def find_same(fingerprints: Collection[str]) -> dict[str, ModelRun]:
    """Return the registered runs with the same content, by their fingerprints.

    A run that was corrected since still counts, unless another one has the content now
    that it had before.
    """
    runs = ModelRun.objects.order_by()
    now = runs.filter(fingerprint__in=fingerprints).annotate(matched=F("fingerprint"))
    before = runs.filter(earlier_contents__fingerprint__in=fingerprints)
    before = before.annotate(matched=F("earlier_contents__fingerprint"))
    found: dict[str, ModelRun] = {}
    for run in now.union(before, all=True):
        if run.matched == run.fingerprint or run.matched not in found:
            found[run.matched] = run
    return found


def _register(bodies: Sequence[Any], *, by: User) -> list[Registered]:
    if not bodies:
        return []
    checked = check_bodies(bodies, locked=True)
    raise_errors(checked)
    raise_refusals(checked)
    return register_checked(checked, by=by)


def register_checked(checked: Sequence[Checked], *, by: User) -> list[Registered]:
    """Register records without errors, checked with ``locked`` in this transaction."""
    rows = [values_of(one) for one in checked]
    fingerprints = [str(row["fingerprint"]) for row in rows]
    known = find_same(set(fingerprints))
    new: dict[str, int] = {}
    for at, fingerprint in enumerate(fingerprints):
        if fingerprint not in known:
            new.setdefault(fingerprint, at)
    made = _create(list(new.values()), rows, checked, by=by)
    known |= {run.fingerprint: run for run in made}
    first = {*new.values()}
    return [
        Registered(known[one], at in first, tuple(checked[at].given.warnings))
        for at, one in enumerate(fingerprints)
    ]


def _create(
    numbers: Sequence[int],
    rows: Sequence[dict[str, Any]],
    checked: Sequence[Checked],
    *,
    by: User,
) -> list[ModelRun]:
    """Register the records with these numbers; errors have the numbers too."""
    if not numbers:
        return []
    chosen = [rows[at] for at in numbers]
    models = [checked[at].model for at in numbers]
    code_rows = code_run_values(chosen, models)
    try:
        code_runs = register_code_runs(code_rows, by=by, validated=True)
        made = create_records(
            ModelRun,
            [
                {**row, "code_run": run.pk, "uuid": run.uuid}
                for row, run in zip(chosen, code_runs, strict=True)
            ],
            by=by,
            validated=True,
        )
    except (BulkError, InvalidInput, Conflict, Forbidden) as error:
        by_row = error.errors if isinstance(error, BulkError) else {0: error}
        raise_by_row(
            {numbers[at]: _of_model_run(one, chosen[at]) for at, one in by_row.items()},
            len(rows),
        )
        raise
    insert_annotations(made)
    return made


def _of_model_run(error: RegistryError, row: Mapping[str, Any]) -> RegistryError:
    """Return the error of a UUID that is taken, with the model run that has it.

    If somebody just registered the same record, the UUID is not what matters.
    """
    if not isinstance(error, Duplicate) or not isinstance(error.existing, CodeRun):
        return error
    run = ModelRun.objects.filter(code_run=error.existing.pk).first()
    is_same = run is not None and run.fingerprint == row[_FINGERPRINT]
    fields = (_FINGERPRINT,) if is_same else error.fields
    return Duplicate(fields, run or error.existing)


def code_run_values(
    rows: Sequence[Mapping[str, Any]], models: Sequence[int]
) -> list[dict[str, Any]]:
    """Return the values of the code runs of model runs, in few statements."""
    components = _components(rows)
    releases = _find_releases(rows, models)
    return [
        {
            "run_date": row["start_time"],
            "end_date": row["end_time"],
            "description": row["display_name"],
            "code_repo": releases.get((model, _plain(row["model_version"]))),
            "model_config": row["model_config"],
            "submission_script": row["submission_script"],
            "inputs": _components_of(row["inputs"], components),
            "outputs": _components_of(row["outputs"], components),
            **({"uuid": row["uuid"]} if "uuid" in row else {}),
        }
        for row, model in zip(rows, models, strict=True)
    ]


def _components_of(
    datasets: Iterable[Mapping[str, Any]], components: Mapping[int, Mapping[str, int]]
) -> list[int]:
    """Return the components that a run used, each once."""
    found = (
        components[one["dataset"]][name]
        for one in datasets
        for name in one.get("components") or (WHOLE_OBJECT,)
    )
    return list(dict.fromkeys(found))


def _components(rows: Iterable[Mapping[str, Any]]) -> dict[int, dict[str, int]]:
    """Return the components of the data products of runs, by their names."""
    used = [
        one
        for row in rows
        for direction in ("inputs", "outputs")
        for one in row[direction]
    ]
    named = {one["dataset"] for one in used if one.get("components")}
    found = components_of(named)
    whole = DataProduct.objects.filter(
        IdIn("pk", {one["dataset"] for one in used}),
        object__components__whole_object=True,
    )
    for pk, component in whole.order_by().values_list("pk", "object__components"):
        found.setdefault(pk, {})[WHOLE_OBJECT] = component
    return found


def _plain(version: str | None) -> str:
    """Return a version without the letter that many begin with."""
    text = version or ""
    return text[1:] if text[:1] in {"v", "V"} and text[1:2].isdigit() else text


def _find_releases(
    rows: Sequence[Mapping[str, Any]], models: Sequence[int]
) -> Releases:
    versions = {_plain(row["model_version"]) for row in rows} - {""}
    if not versions:
        return {}
    links = ResearchModel.releases.through._default_manager.filter(
        IdIn("researchmodel", set(models)), codereporelease__version__in=versions
    )
    found = links.order_by().values_list(
        "researchmodel", "codereporelease__version", "codereporelease__object"
    )
    return {(model, version): thing for model, version, thing in found}
