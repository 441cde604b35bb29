"""Register the fit of the example as a model run, by the template that it follows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from registry.catalogue.modelling import register_organisations
from registry.catalogue.models import (
    Author,
    DataProduct,
    Object,
    Organisation,
    ResearchModel,
    Study,
)
from registry.core.records import Values, create_records
from registry.management.example import agreement
from registry.management.example.content import (
    CONFIG,
    COUNTS,
    RATES,
    VERSION,
    Run,
)
from registry.runs.model_runs.registering import register_model_runs
from registry.runs.models import DatasetTemplate, WorkflowTemplate
from registry.runs.templates import (
    register_dataset_templates,
    register_workflow_templates,
)

if TYPE_CHECKING:
    from registry.catalogue.models import CodeRepoRelease
    from registry.identity.models import User
    from registry.management.example.runs import Times


def register_template(release: CodeRepoRelease, *, by: User) -> WorkflowTemplate:
    """Register the model with its release, and the template of its fits."""
    [model] = create_records(
        ResearchModel, [{**agreement.MODEL, "releases": [release.pk]}], by=by
    )
    counts, rates = register_dataset_templates(
        [agreement.COUNTS_TEMPLATE, agreement.RATES_TEMPLATE], by=by
    )
    values = {
        **agreement.WORKFLOW_TEMPLATE,
        "model": model,
        "required_inputs": [counts.pk],
        "required_outputs": [rates.pk],
    }
    return register_workflow_templates([values], by=by)[0]


def register_fit(
    run: Run,
    times: Times,
    folder: Path,
    objects: Mapping[str, Object],
    *,
    template: WorkflowTemplate,
    modeller: Author,
    by: User,
) -> None:
    """Register a run of the fit, with what it found as annotations."""
    [study] = create_records(Study, [agreement.STUDY], by=by)
    record: Values = {
        "workflow_template": template,
        "model_version": VERSION,
        "display_name": run.description,
        "description": agreement.WORKFLOW_TEMPLATE["description"],
        "study": study,
        "modeller": modeller,
        "requesting_organisation": _find_or_register_organisation(by=by),
        "model_config": objects[CONFIG],
        "submission_script": objects[run.script],
        "start_time": times.start,
        "end_time": times.end,
        "inputs": [
            _dataset(template.required_inputs.get(), objects, COUNTS, run.inputs)
        ],
        "outputs": [
            _dataset(template.required_outputs.get(), objects, RATES, run.outputs)
        ],
        "annotations": _annotations(folder / RATES),
    }
    register_model_runs([record], by=by)


def _find_or_register_organisation(*, by: User) -> Organisation:
    values = {**agreement.ORGANISATION, "ror": None}
    known = Organisation.objects.filter(**values).order_by("pk").first()
    return known or register_organisations([values], by=by)[0]


def _dataset(
    template: DatasetTemplate,
    objects: Mapping[str, Object],
    path: str,
    parts: Iterable[tuple[str, str]],
) -> dict[str, Any]:
    [resource] = template.deferred_resources
    product = DataProduct.objects.get(object=objects[path], version=VERSION)
    return {
        "dataset_template": template.pk,
        "dataset": product.pk,
        "resources": {resource["key"]: path},
        "components": [name for _, name in parts],
    }


def _annotations(rates: Path) -> dict[str, str]:
    """Return what the fit found, as it wrote it."""
    found = json.loads(rates.read_text())
    names = ("R0", "residual_sum_of_squares")
    return {
        "method": agreement.METHOD,
        **{name: str(found[name]["value"]) for name in names},
    }
