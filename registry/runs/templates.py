"""Register templates and their next versions; keep those that runs use as they are.

A record of a run refers to a template, which cannot change from then on: a next
version replaces it. Who registers a run and who changes a template at the same moment
follow one another, by locks of names that runs share.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from django.db.models import IntegerField, Value

from registry.catalogue.services import require_same_uuid
from registry.core.errors import (
    Conflict,
    Duplicate,
    Forbidden,
    InvalidInput,
    raise_by_row,
)
from registry.core.link_lists import ids_of
from registry.core.lookups import IdIn
from registry.core.name_locks import lock_names
from registry.core.records import Values, create_records, would_change
from registry.core.snapshots import read_lists, to_many_fields
from registry.core.transactions import atomic
from registry.identity.ownership import change_own, look_after, people_of
from registry.runs.models import DatasetTemplate, ModelRun, WorkflowTemplate

if TYPE_CHECKING:
    from registry.core.errors import RegistryError
    from registry.identity.models import User

    Template = DatasetTemplate | WorkflowTemplate

T = TypeVar("T", DatasetTemplate, WorkflowTemplate)

#: The directions of data, and whether a run needs it.
_DIRECTIONS = ("inputs", "outputs")
_NEEDS = ("required", "optional")
#: The lists of dataset templates of a workflow template.
SLOTS = tuple(f"{need}_{direction}" for direction in _DIRECTIONS for need in _NEEDS)


def read_slots(workflows: Collection[int]) -> list[tuple[str, int, int]]:
    """Return the dataset templates of workflow templates, in one statement.

    Each is the name of the list, the workflow template and the dataset template; those
    of a list are in the order in which they were given.
    """
    if not workflows:
        return []
    first, *others = [
        getattr(WorkflowTemplate, name)
        .through._default_manager.filter(IdIn("workflowtemplate", workflows))
        .annotate(nth=Value(nth, IntegerField()))
        .values_list("nth", "pk", "workflowtemplate", "datasettemplate")
        for nth, name in enumerate(SLOTS)
    ]
    rows: list[Any] = sorted(first.union(*others, all=True))
    return [(SLOTS[nth], workflow, dataset) for nth, _, workflow, dataset in rows]


def lock_name(model: type[Any], pk: int) -> str:
    """Return the name of the lock of a template."""
    return f"{model.kind} {pk}"


def register_dataset_templates(
    rows: Sequence[Values], *, by: User, validated: bool = False
) -> list[DatasetTemplate]:
    """Register templates of datasets; a next version gets the next number."""
    return _create(DatasetTemplate, rows, by=by, validated=validated)


def register_workflow_templates(
    rows: Sequence[Values], *, by: User, validated: bool = False
) -> list[WorkflowTemplate]:
    """Register templates of workflows; a next version gets the next number.

    Raises ``InvalidInput`` where the same template or name is both required and
    optional.
    """
    errors = {number: _overlap_error(row) for number, row in enumerate(rows)}
    raise_by_row({n: one for n, one in errors.items() if one is not None}, len(rows))
    return _create(WorkflowTemplate, rows, by=by, validated=validated)


def _create(
    model: type[T], rows: Sequence[Values], *, by: User, validated: bool
) -> list[T]:
    rows = _with_versions(model, rows)
    try:
        return create_records(model, rows, by=by, validated=validated)
    except Duplicate as duplicate:
        next_version = duplicate.existing
        if duplicate.fields == ("replaces",) and next_version is not None:
            title = str(model._meta.verbose_name).capitalize()
            duplicate.detail = (
                f"{title} {_id_of(rows[0]['replaces'])} has a next version already: "
                f"{next_version.pk}. Field replaces must be unique"
            )
        raise


def _with_versions(model: type[Any], rows: Sequence[Values]) -> list[Values]:
    """Return the rows with the numbers of their versions."""
    replaced = [_id_of(row.get("replaces")) for row in rows]
    known = {pk for pk in replaced if pk is not None}
    versions: dict[Any, int] = {}
    if known:
        found = model.objects.filter(IdIn("pk", known)).values_list("pk", "version")
        versions = dict(found)
    return [
        {**row, "version": versions.get(pk, 0) + 1}
        for row, pk in zip(rows, replaced, strict=True)
    ]


def _id_of(link: Any) -> int | None:
    pk: int | None = getattr(link, "pk", link)
    return pk


def _overlap_error(values: Values) -> InvalidInput | None:
    """Return the error of what is both required and optional."""
    errors: dict[str, list[str]] = {}
    for direction in _DIRECTIONS:
        required, optional = (
            set(ids_of(values.get(f"{need}_{direction}") or ())) for need in _NEEDS
        )
        for pk in sorted(required & optional):
            errors[f"optional_{direction}"] = [
                f"Dataset template {pk} is required already."
            ]
    both = {*(values.get("required_annotations") or ())} & {
        *(values.get("optional_annotations") or ())
    }
    if both:
        errors["optional_annotations"] = [
            f"{', '.join(sorted(both))[:200]}: required already."
        ]
    return InvalidInput(errors) if errors else None


def refuse_versions_of_others(templates: Sequence[T], by: User) -> dict[int, Any]:
    """Refuse next versions of templates that this person does not look after."""
    model = type(templates[0])
    replaced = {one.replaces_id for one in templates if one.replaces_id is not None}
    if not replaced:
        return {}
    rows = model._default_manager.filter(IdIn("pk", replaced)).order_by()
    owners = dict(rows.values_list("pk", "registered_by"))
    others = owners.keys() - look_after(model, owners, by)
    people = people_of(model, others) if others else {}
    return {
        number: _refusal(model, one.replaces_id, people)
        for number, one in enumerate(templates)
        if one.replaces_id in others
    }


def _refusal(model: type[Any], pk: Any, people: Mapping[int, str]) -> RegistryError:
    title = str(model._meta.verbose_name).capitalize()
    return Forbidden(
        f"{title} {pk} belongs to {people[pk]}: only its owner, its co-owners, "
        "curators and administrators register the next version of it. Others register "
        "a template of their own."
    )


def change_dataset_template(pk: int, values: Values, **options: Any) -> DatasetTemplate:
    """Change a template that no run uses; its UUID and what it replaces are locked."""
    return _change(DatasetTemplate, pk, values, check_dataset_template, **options)


def change_workflow_template(
    pk: int, values: Values, **options: Any
) -> WorkflowTemplate:
    """Change a template that no run uses; its UUID and what it replaces are locked."""
    return _change(WorkflowTemplate, pk, values, check_workflow_template, **options)


@atomic
def _change(
    model: type[T],
    pk: int,
    values: Values,
    guard: Callable[[T, Values], None],
    *,
    by: User,
    unless_changed: Collection[str] | None = None,
    validated: bool = False,
) -> T:
    lock_names([lock_name(model, pk)])
    return change_own(
        model,
        pk,
        values,
        by=by,
        unless_changed=unless_changed,
        validated=validated,
        guard=guard,
    )


def check_dataset_template(template: DatasetTemplate, values: Values) -> None:
    """Raise an error unless a dataset template can change like this."""
    _check_locked(template, values)
    users = WorkflowTemplate.objects.filter(pk__in=workflows_of(template.pk))
    _require_unused(
        template, values, ModelRun.objects.filter(workflow_template__in=users)
    )


def check_workflow_template(template: WorkflowTemplate, values: Values) -> None:
    """Raise an error unless a workflow template can change like this."""
    _check_locked(template, values)
    lists = read_lists(template)
    annotations = ("required_annotations", "optional_annotations")
    present = {name: lists[name] for name in to_many_fields(WorkflowTemplate)}
    present |= {name: getattr(template, name) for name in annotations}
    error = _overlap_error({**present, **values})
    if error is not None:
        raise error
    _require_unused(template, values, template.model_runs.all())


def workflows_of(dataset_template: int) -> Any:
    """Return a query for the ids of the workflow templates with a dataset template."""
    first, *others = [
        getattr(WorkflowTemplate, name)
        .through._default_manager.filter(datasettemplate=dataset_template)
        .values("workflowtemplate")
        for name in SLOTS
    ]
    return first.union(*others)


def _check_locked(template: Template, values: Values) -> None:
    require_same_uuid(template, values)
    if "replaces" in values and _id_of(values["replaces"]) != template.replaces_id:
        raise Conflict(
            "replaces cannot be changed: it gave the version its number. Register "
            "another template."
        )


def _require_unused(template: Template, values: Values, runs: Any) -> None:
    """Raise ``Conflict`` for a change of a template that a run follows."""
    if not would_change(template, values):
        return
    first = runs.order_by("pk").values_list("pk", flat=True).first()
    if first is not None:
        raise Conflict(
            f"A {template._meta.verbose_name} that runs use stays as it is (model run "
            f"{first} does). Register the next version, with replaces={template.pk}."
        )
