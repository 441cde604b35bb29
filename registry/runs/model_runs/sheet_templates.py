"""What sheets are written from: a workflow template, lists of choices, and runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Max

from registry.catalogue.models import Author, Organisation, ResearchModel, Study
from registry.core.errors import Conflict, InvalidInput, NotFound
from registry.core.texts import shorten_text
from registry.runs.model_runs.agreements import Agreement, Slot, fetch_agreements
from registry.runs.models import ModelRun
from registry.runs.spreadsheets.layout import (
    Limits,
    SheetResource,
    SheetSlot,
    SheetTemplate,
)
from registry.runs.spreadsheets.xlsx_writing import MOST_CHOICES, Choice

_CHUNK = 1_000
#: A name in a drop-down list has no more characters.
_NAME_LENGTH = 80
#: The drop-down lists of records: the column, the model, and the field of its names.
_LISTS: tuple[tuple[str, type[Any], str], ...] = (
    ("modeller", Author, "name"),
    ("requesting organisation", Organisation, "name"),
    ("study", Study, "title"),
)
_LINKS = (
    *("workflow_template", "study", "modeller", "requesting_organisation"),
    *("model_config", "submission_script"),
)
_VALUES = (
    *("model_version", "display_name", "description", "start_time", "end_time"),
    *("inputs", "outputs", "annotations"),
)


def sheet_template(agreement: Agreement) -> SheetTemplate:
    """Return a workflow template as sheets describe it."""
    inputs, outputs = (
        tuple(map(_sheet_slot, agreement.slots[side].values()))
        for side in ("inputs", "outputs")
    )
    return SheetTemplate(
        agreement.pk,
        agreement.name,
        agreement.model_name,
        inputs,
        outputs,
        tuple(agreement.required_annotations),
        tuple(agreement.optional_annotations),
    )


def _sheet_slot(slot: Slot) -> SheetSlot:
    resources = (
        SheetResource(one.key, one.description, one.optional)
        for one in slot.resources.values()
    )
    return SheetSlot(
        slot.pk, slot.name, slot.description, slot.optional, tuple(resources)
    )


def find_agreement(pk: int, *, for_new_runs: bool) -> Agreement:
    """Return a workflow template; raise ``NotFound``.

    Raise ``Conflict`` if it was withdrawn and the sheet is for new runs.
    """
    found = fetch_agreements({pk}).get(pk)
    if found is None:
        raise NotFound(f"Workflow template {pk} does not exist.")
    if for_new_runs and found.withdrawn is not None:
        raise Conflict(
            f"Workflow template {pk} was withdrawn: {found.withdrawn} With runs=true "
            "the sheet has the runs that follow it."
        )
    return found


def choices_of(agreement: Agreement) -> Mapping[str, Sequence[Choice | str]]:
    """Return the newest records for the drop-down lists, in four statements."""
    lists: dict[str, list[Choice | str]] = {
        column: _newest(model, name) for column, model, name in _LISTS
    }
    links = ResearchModel.releases.through._default_manager.filter(
        researchmodel=agreement.model
    ).order_by("-codereporelease")[:MOST_CHOICES]
    versions = links.values_list("codereporelease__version", flat=True)
    lists["model version"] = list(dict.fromkeys(versions))
    return lists


def _newest(model: type[Any], field: str) -> list[Choice | str]:
    rows = model._default_manager.filter(withdrawn=None).order_by("-pk")
    return [
        Choice(pk, shorten_text(name or "(no name)", _NAME_LENGTH))
        for pk, name in rows.values_list("pk", field)[:MOST_CHOICES]
    ]


@dataclass(frozen=True)
class RunsOfTemplate:
    """The runs of a workflow template that nobody withdrew, as records of a sheet.

    They can be iterated over several times; each time reads them again, a thousand at a
    time. Runs that are registered meanwhile are not among them.
    """

    template: int
    last: int

    @classmethod
    def now(cls, template: int) -> RunsOfTemplate:
        """Return the runs that there are now."""
        found = ModelRun.objects.filter(workflow_template=template)
        return cls(template, found.aggregate(last=Max("pk"))["last"] or 0)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        reached = 0
        while rows := self._chunk_after(reached):
            yield from map(_record_of, rows)
            reached = rows[-1]["pk"]

    def _chunk_after(self, reached: int) -> list[dict[str, Any]]:
        runs = ModelRun.objects.filter(
            workflow_template=self.template,
            withdrawn=None,
            pk__gt=reached,
            pk__lte=self.last,
        )
        return list(runs.order_by("pk").values("pk", *_LINKS, *_VALUES)[:_CHUNK])

    def require_few(self) -> None:
        """Raise ``InvalidInput`` for more runs than a workbook has rows."""
        most = Limits().rows
        runs = ModelRun.objects.filter(workflow_template=self.template, withdrawn=None)
        if runs.order_by()[: most + 1].count() > most:
            raise InvalidInput(
                {"format": [f"There are more than {most} runs: ask for format=csv."]}
            )


def _record_of(row: Mapping[str, Any]) -> dict[str, Any]:
    times = {name: row[name].isoformat() for name in ("start_time", "end_time")}
    return {name: row[name] for name in (*_LINKS, *_VALUES)} | times
