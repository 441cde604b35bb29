"""What documents fetch of model runs, in as many queries whatever their number."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from registry.catalogue.models import (
    DataProduct,
    Namespace,
    Object,
    Organisation,
    ResearchModel,
    Study,
)
from registry.catalogue.provenance.fetching import AUTHOR
from registry.core.compiled import CompiledByIds
from registry.core.light_rows import LightRows
from registry.core.lookups import IdIn
from registry.runs.model_runs.checking import components_of
from registry.runs.models import DatasetTemplate, ModelRun, WorkflowTemplate
from registry.runs.templates import SLOTS, read_slots

_RUN = LightRows(
    ModelRun,
    *("code_run_id", "workflow_template_id", "model_version", "display_name"),
    *("description", "start_time", "end_time", "inputs", "outputs", "annotations"),
    *("uuid", "withdrawn"),
    modeller=AUTHOR,
    study=LightRows(
        Study, "title", "description", "alternative_id", "uuid", "withdrawn"
    ),
    requesting_organisation=LightRows(Organisation, "name", "ror", "uuid", "withdrawn"),
    model_config=LightRows(Object, "uuid"),
    submission_script=LightRows(Object, "uuid"),
)
_RUNS = CompiledByIds(
    lambda ids: (
        ModelRun.objects.filter(IdIn("pk", ids)).order_by("pk").values_list(*_RUN.paths)
    )
)
_TEMPLATE = ("name", "description", "version", "replaces_id", "uuid", "withdrawn")
_WORKFLOW = LightRows(
    WorkflowTemplate,
    *_TEMPLATE,
    *("model_id", "required_annotations", "optional_annotations"),
)
_MODEL = LightRows(
    ResearchModel,
    *("name", "description", "documentation_url", "source_url"),
    *("uuid", "withdrawn"),
)
_MODELS = CompiledByIds(
    lambda ids: (
        ResearchModel.objects.filter(IdIn("pk", ids))
        .order_by("pk")
        .values_list(*_MODEL.paths)
    )
)
_DATASET = LightRows(
    DatasetTemplate, *_TEMPLATE, "defined_resources", "deferred_resources"
)
_PRODUCT = LightRows(
    DataProduct,
    "name",
    "version",
    "object_id",
    namespace=LightRows(Namespace, "name"),
)


@dataclass
class Fetched:
    """Model runs, and all that they link to, by ids.

    ``slots`` are the ids of the dataset templates of workflow templates, by the name of
    the list. ``components`` are the ids of the components of datasets that runs wrote,
    by their names. ``releases`` are the names and versions of releases of models, by
    the ids of the models. Templates come with those that they replace, these first.
    """

    runs: list[Any]
    workflows: dict[int, Any]
    slots: dict[int, dict[str, list[int]]]
    datasets: dict[int, Any]
    products: dict[int, Any]
    models: dict[int, Any]
    components: dict[int, dict[str, int]] = field(default_factory=dict)
    releases: dict[int, list[tuple[str, str]]] = field(default_factory=dict)


def fetch(code_runs: Sequence[Any]) -> Fetched:
    """Fetch the model runs of fetched code runs."""
    code = {run.code_repo_id for run in code_runs} - {None}
    return fetch_by_ids(runs={run.model_run.pk for run in code_runs}, code=code)


def fetch_by_ids(
    *,
    runs: Collection[int] = (),
    workflows: Collection[int] = (),
    datasets: Collection[int] = (),
    code: Collection[int] = (),
) -> Fetched:
    """Fetch model runs and templates; ``code`` are the objects that the runs ran."""
    rows = [_RUN.row(one) for one in _RUNS.rows(runs)] if runs else []
    followed = {run.workflow_template_id for run in rows}
    templates = _templates(WorkflowTemplate, _WORKFLOW, {*workflows, *followed})
    slots = _slots(templates)
    used = {pk for lists in slots.values() for ids in lists.values() for pk in ids}
    models = {one.model_id for one in templates.values()}
    return Fetched(
        runs=rows,
        workflows=templates,
        slots=slots,
        datasets=_templates(DatasetTemplate, _DATASET, {*datasets, *used}),
        products=_products(rows),
        models={
            values[0]: _MODEL.row(values)
            for values in (_MODELS.rows(models) if models else ())
        },
        components=components_of(
            {one["dataset"] for run in rows for one in run.outputs}
        ),
        releases=_releases(models, code),
    )


def _templates(
    model: type[Any], columns: LightRows, ids: Collection[int]
) -> dict[int, Any]:
    """Return templates with all that they replace, the oldest versions first."""
    if not ids:
        return {}
    rows = model.objects.filter(IdIn("pk", _with_replaced(model, ids)))
    found = rows.order_by("version", "pk").values_list(*columns.paths)
    return {values[0]: columns.row(values) for values in found}


def _with_replaced(model: type[Any], ids: Collection[int]) -> list[int]:
    """Return the ids of templates, and of those that they replace, and so on."""
    table, marks = model._meta.db_table, ", ".join(["%s"] * len(ids))
    statement = (
        "WITH RECURSIVE chain(id, before) AS ("  # noqa: S608
        f"SELECT id, replaces_id FROM {table} WHERE id IN ({marks}) "
        "UNION "
        f"SELECT one.id, one.replaces_id FROM {table} AS one "
        "JOIN chain ON one.id = chain.before) SELECT id FROM chain"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, sorted(ids))
        return [pk for (pk,) in cursor.fetchall()]


def _slots(workflows: Mapping[int, Any]) -> dict[int, dict[str, list[int]]]:
    """Return the dataset templates of workflow templates, by list."""
    found: dict[int, dict[str, list[int]]] = {
        pk: {name: [] for name in SLOTS} for pk in workflows
    }
    for name, workflow, dataset in read_slots(workflows):
        found[workflow][name].append(dataset)
    return found


def _products(runs: Sequence[Any]) -> dict[int, Any]:
    """Return the datasets of runs."""
    ids = {one["dataset"] for run in runs for one in (*run.inputs, *run.outputs)}
    rows = DataProduct.objects.filter(IdIn("pk", ids))
    found = rows.order_by().values_list(*_PRODUCT.paths) if ids else ()
    return {values[0]: _PRODUCT.row(values) for values in found}


def _releases(
    models: Collection[int], objects: Collection[int]
) -> dict[int, list[tuple[str, str]]]:
    """Return the releases of models that runs have as their code."""
    found: dict[int, list[tuple[str, str]]] = {}
    if objects:
        links = ResearchModel.releases.through._default_manager.filter(
            IdIn("researchmodel", models),
            IdIn("codereporelease__object", objects),
            codereporelease__withdrawn__isnull=True,
        )
        names = ("codereporelease__name", "codereporelease__version")
        for pk, *named in links.order_by(*names).values_list("researchmodel", *names):
            found.setdefault(pk, []).append((named[0], named[1]))
    return found
