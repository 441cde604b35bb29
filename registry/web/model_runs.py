"""The context of the page of a model run, and of a code run that is one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from registry.catalogue.models import DataProduct
from registry.core.lookups import IdIn
from registry.identity.ownership import may_change
from registry.runs.describing import rounded_duration
from registry.runs.models import CodeRun, DatasetTemplate, ModelRun
from registry.runs.models.shapes import Usage
from registry.web.describe import link_to
from registry.web.lineage import lineage_context
from registry.web.values import Value

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

#: The largest number of datasets, of resources of each, and of annotations on a page.
MAX_DATASETS, MAX_RESOURCES, MAX_ANNOTATIONS = 100, 100, 500
#: The usages of the resources that a run was configured by.
_PARAMETERS = frozenset({Usage.PARAMETER_FILE, Usage.CONFIG_FILE})

Datasets = list[dict[str, Any]]


def model_run_rows(runs: QuerySet[Any]) -> QuerySet[Any]:
    """Select model runs with the models that they ran."""
    rows: QuerySet[Any] = runs.select_related("workflow_template__model")
    return rows


def code_run_rows(runs: QuerySet[Any]) -> QuerySet[Any]:
    """Select code runs with the model runs that they are."""
    rows: QuerySet[Any] = runs.select_related("model_run__workflow_template")
    return rows


def model_run_context(run: ModelRun, request: HttpRequest) -> dict[str, Any]:
    """Return the context of a run: its facts, annotations, data and lineage."""
    of = _Linked(run)
    return {
        "glance": list(_glance(run)),
        "annotations": _annotations(run),
        "directions": [
            (title, of.describe(one))
            for title, one in (("Inputs", run.inputs), ("Outputs", run.outputs))
        ],
        "lineage": lineage_context(run.code_run, request),
        "may_correct": may_change(request.user, run),
    }


def run_of_code_context(code_run: CodeRun, _: HttpRequest) -> dict[str, Any]:
    """Return the model run that a code run is, with annotations and parameters."""
    run = getattr(code_run, "model_run", None)
    if run is None:
        return {"model_run": None}
    datasets = _Linked(run, "inputs").describe(run.inputs)
    parameters = [
        (dataset, resource)
        for dataset in datasets
        for resource in dataset["resources"]
        if resource["usage"] in _PARAMETERS
    ]
    return {
        "model_run": run,
        "model_run_link": link_to(run),
        "annotations": _annotations(run),
        "parameters": parameters,
    }


def _annotations(run: ModelRun) -> list[tuple[str, Value]]:
    shown = list(run.annotations.items())[:MAX_ANNOTATIONS]
    return [(key, Value(text)) for key, text in shown]


def _glance(run: ModelRun) -> Iterator[tuple[str, Value]]:
    """Yield what a run was at a glance, with labels; what is not known is left out."""
    template = run.workflow_template
    yield "Workflow template", link_to(template)
    yield "Model", link_to(template.model)
    if run.model_version:
        yield "Model version", Value(run.model_version)
    yield "Modeller", link_to(run.modeller)
    if run.requesting_organisation is not None:
        yield "Requested by", link_to(run.requesting_organisation)
    if run.study is not None:
        yield "Study", link_to(run.study)
    yield "Began", Value(run.start_time.isoformat(), moment=run.start_time)
    yield "Ended", Value(run.end_time.isoformat(), moment=run.end_time)
    yield "Duration", Value(rounded_duration(run.end_time - run.start_time))
    yield "Code run", link_to(run.code_run)


class _Linked:
    """The dataset templates and data products of a run, in two statements."""

    def __init__(self, run: ModelRun, *directions: str) -> None:
        datasets = [
            one
            for direction in directions or ("inputs", "outputs")
            for one in getattr(run, direction)
        ]
        self._templates = _by_id(
            DatasetTemplate.objects.order_by(),
            {one["dataset_template"] for one in datasets},
        )
        self._products = _by_id(
            DataProduct.objects.select_related("namespace").order_by(),
            {one["dataset"] for one in datasets},
        )

    def describe(self, datasets: Datasets) -> Datasets:
        """Return datasets with their links and resources."""
        return [self._describe(one) for one in datasets[:MAX_DATASETS]]

    def _describe(self, dataset: Mapping[str, Any]) -> dict[str, Any]:
        template = self._templates.get(dataset["dataset_template"])
        product = self._products.get(dataset["dataset"])
        resources = list(_resources(template, dataset["resources"]))
        return {
            "template": Value("—") if template is None else link_to(template),
            "product": Value("—") if product is None else link_to(product),
            "resources": resources[:MAX_RESOURCES],
            "more": max(0, len(resources) - MAX_RESOURCES),
            "components": dataset.get("components", ())[:MAX_RESOURCES],
        }


def _by_id(rows: QuerySet[Any], ids: set[int]) -> dict[int, Any]:
    return {one.pk: one for one in rows.filter(IdIn("pk", ids))} if ids else {}


def _resources(
    template: DatasetTemplate | None, paths: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    """Yield the resources of a dataset: those of its template, at their paths."""
    defined = [] if template is None else template.defined_resources
    deferred = [] if template is None else template.deferred_resources
    for one in defined:
        yield _resource(one, one["path"], "")
    known = {one["key"]: one for one in deferred}
    for key, path in paths.items():
        yield _resource(known.get(key, {}), path, key)


def _resource(described: Mapping[str, Any], path: str, key: str) -> dict[str, Any]:
    return {
        "path": path,
        "key": key,
        "usage": described.get("usage_type", ""),
        "description": described.get("description", ""),
    }
