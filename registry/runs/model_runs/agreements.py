"""What workflow templates ask of a run, fetched for many records at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from registry.core.lookups import IdIn
from registry.core.name_locks import share_names
from registry.runs.models import DatasetTemplate, WorkflowTemplate
from registry.runs.templates import lock_name, read_slots


@dataclass(frozen=True)
class Resource:
    """A resource whose path each run gives."""

    key: str
    description: str
    usage_type: str
    optional: bool


@dataclass(frozen=True)
class Slot:
    """A dataset template of a workflow template, and whether a run needs a dataset."""

    pk: int
    name: str
    description: str
    optional: bool
    resources: Mapping[str, Resource]

    def __str__(self) -> str:
        return f"{self.pk} ({self.name})"


@dataclass
class Agreement:
    """A workflow template: the inputs, outputs and annotations of its runs.

    The slots of each direction are in the order in which the template names them, those
    that are required first.
    """

    pk: int
    name: str
    model: int
    model_name: str
    withdrawn: str | None
    required_annotations: list[str]
    optional_annotations: list[str]
    slots: dict[str, dict[int, Slot]] = field(
        default_factory=lambda: {"inputs": {}, "outputs": {}}
    )


def fetch_agreements(
    ids: Collection[int], *, locked: bool = False
) -> dict[int, Agreement]:
    """Return workflow templates with all that they ask for, in three statements.

    With ``locked``, they and their dataset templates stay as they are until the end of
    the transaction.
    """
    if locked:
        share_names(lock_name(WorkflowTemplate, pk) for pk in ids)
    names = ("pk", "name", "model", "model__name", "withdrawn")
    documents = ("required_annotations", "optional_annotations")
    rows = WorkflowTemplate.objects.filter(IdIn("pk", ids)).order_by()
    found = {
        values[0]: Agreement(*values) for values in rows.values_list(*names, *documents)
    }
    links = read_slots(found)
    datasets = {dataset for _, _, dataset in links}
    if locked:
        share_names(lock_name(DatasetTemplate, pk) for pk in datasets)
    slots = _fetch_slots(datasets)
    for name, workflow, dataset in links:
        need, _, direction = name.partition("_")
        slot = slots[dataset]
        found[workflow].slots[direction][dataset] = Slot(
            slot.pk,
            slot.name,
            slot.description,
            need == "optional",
            slot.resources,
        )
    return found


def _fetch_slots(ids: Collection[int]) -> dict[int, Slot]:
    if not ids:
        return {}
    rows = DatasetTemplate.objects.filter(IdIn("pk", ids)).order_by()
    return {
        pk: Slot(pk, name, description or "", False, _resources(deferred))
        for pk, name, description, deferred in rows.values_list(
            "pk", "name", "description", "deferred_resources"
        )
    }


def _resources(deferred: list[dict[str, Any]]) -> dict[str, Resource]:
    return {
        one["key"]: Resource(
            one["key"],
            one["description"],
            one["usage_type"],
            bool(one.get("optional")),
        )
        for one in deferred
    }
