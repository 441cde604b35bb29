"""The context of the pages of dataset templates and workflow templates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet

from registry.core.lookups import IdIn
from registry.identity.ownership import may_change
from registry.runs.models import DatasetTemplate, ModelRun, WorkflowTemplate
from registry.runs.quantities import annotation_keys, runs_of
from registry.runs.templates import SLOTS, read_slots, workflows_of
from registry.web.describe import link_to
from registry.web.run_order import parts_of, read_page
from registry.web.run_table import table_of

if TYPE_CHECKING:
    from django.http import HttpRequest

#: The number of runs on the page of their template, and the largest numbers of dataset
#: templates and of resources of each.
RUNS_SHOWN, MAX_SHOWN, MAX_RESOURCES = 10, 200, 500


def template_rows(templates: QuerySet[Any]) -> QuerySet[Any]:
    """Select templates with the versions that replaced them."""
    rows: QuerySet[Any] = templates.select_related("replaced_by")
    return rows


def dataset_template_context(
    template: DatasetTemplate, request: HttpRequest
) -> dict[str, Any]:
    """Return the resources of a template, its versions, and whether runs use it."""
    users = ModelRun.objects.filter(workflow_template__in=workflows_of(template.pk))
    return {
        **_versions(template),
        "defined": template.defined_resources[:MAX_RESOURCES],
        "deferred": template.deferred_resources[:MAX_RESOURCES],
        "in_use": bool(users.order_by().values_list("pk")[:1]),
        "may_replace": may_change(request.user, template),
    }


def workflow_template_context(
    template: WorkflowTemplate, request: HttpRequest
) -> dict[str, Any]:
    """Return the data and annotations of a template, its versions, its first runs."""
    runs = runs_of(template.pk)
    page = read_page(parts_of(runs, ""), "", RUNS_SHOWN)
    count = len(page.runs) if page.next is None else runs.count()
    address = f"{request.path}runs/"
    return {
        **_versions(template),
        "slots": _slots(template),
        "required": template.required_annotations,
        "optional": template.optional_annotations,
        "count": count,
        "runs_address": address,
        "may_replace": may_change(request.user, template),
        **table_of(page.runs, annotation_keys(template), request, address=address),
    }


def _versions(template: Any) -> dict[str, Any]:
    """Return the versions before and after a template, unless these are withdrawn."""
    newer = getattr(template, "replaced_by", None)
    if newer is not None and newer.withdrawn is not None:
        newer = None
    older = template.replaces
    return {
        "newer": None if newer is None else link_to(newer),
        "older": None if older is None else link_to(older),
    }


def _slots(template: WorkflowTemplate) -> list[tuple[str, list[dict[str, Any]]]]:
    """Return the inputs and the outputs, each with whether it is required."""
    found = [(name, pk) for name, _, pk in read_slots([template.pk])]
    datasets = {
        one.pk: one
        for one in DatasetTemplate.objects.filter(
            IdIn("pk", {pk for _, pk in found})
        ).order_by()
    }
    ids: dict[str, list[int]] = {name: [] for name in SLOTS}
    for name, pk in found:
        ids[name].append(pk)
    return [
        (
            direction.capitalize(),
            [
                _slot(datasets[pk], is_required=name == f"required_{direction}")
                for name in SLOTS
                if name.endswith(f"_{direction}")
                for pk in ids[name]
            ][:MAX_SHOWN],
        )
        for direction in ("inputs", "outputs")
    ]


def _slot(template: DatasetTemplate, *, is_required: bool) -> dict[str, Any]:
    resources: Sequence[Any] = [
        *_named(template.defined_resources, "path"),
        *_named(template.deferred_resources, "key"),
    ]
    return {
        "template": link_to(template),
        "is_required": is_required,
        "resources": resources[:MAX_RESOURCES],
        "more": max(0, len(resources) - MAX_RESOURCES),
    }


def _named(resources: Sequence[Any], name: str) -> Iterator[dict[str, Any]]:
    """Yield resources with what each is called, and whether that is a key."""
    for one in resources:
        yield {**one, "name": one[name], "is_key": name == "key"}
