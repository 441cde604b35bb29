"""The explanations that a sheet has of its columns."""

from __future__ import annotations

from dataclasses import dataclass

from registry.runs.spreadsheets.examples import example_of
from registry.runs.spreadsheets.layout import Column, Kind, SheetTemplate

_LINK = "The number, URL or UUID of a record in this registry"
_TIME = (
    "A date with a time, such as 2026-11-30 14:05. It is UTC, unless you add an "
    "offset: 2026-11-30 14:05+01:00. A date without a time is midnight."
)
_MEANINGS = {
    "workflow_template": "The workflow template that the runs follow.",
    "display_name": "A short name of the run.",
    "description": "What was run, and why.",
    "modeller": "The person who ran the model.",
    "requesting_organisation": "The organisation that asked for the run.",
    "study": "The study that the run belongs to.",
    "model_version": "The version of the model that ran.",
    "model_config": "The object that is the configuration of the run, if it is no "
    "file of a dataset.",
    "submission_script": "The object that is the script that started the run.",
    "start_time": "When the run began.",
    "end_time": "When the run ended.",
}
_RIGHT = {
    Kind.TEMPLATE: "The number that is there. It can be empty in further rows.",
    Kind.TEXT: "Any text.",
    Kind.LINK: f"{_LINK}, or a choice of the list, if there is one.",
    Kind.TIME: _TIME,
    Kind.DATASET: f"{_LINK}, here of a dataset. One in each cell: for a further one, "
    "add a column of the same name with “ #2” at the end.",
    Kind.RESOURCE: "The path of a file in the dataset.",
    Kind.COMPONENTS: "Names, one in each line or with semicolons between them.",
    Kind.ANNOTATION: "Any text.",
}


@dataclass(frozen=True)
class Explanation:
    """A row of the sheet of explanations."""

    column: str
    meaning: str
    required: str
    right: str
    example: str


def explain_column(column: Column, template: SheetTemplate) -> Explanation:
    """Return what a column is, whether it is required, and what would be right."""
    return Explanation(
        column.header,
        _meaning_of(column, template),
        _required_text(column),
        _RIGHT[column.kind],
        example_of(column, template),
    )


def _meaning_of(column: Column, template: SheetTemplate) -> str:
    if column.slot is None:
        annotation = f"The annotation “{column.key}” of the run."
        meaning = _MEANINGS.get(column.field, annotation)
        return f"{meaning} {_template_text(column, template)}".strip()
    if column.kind is Kind.DATASET:
        what = "reads" if column.field == "inputs" else "writes"
        return f"A dataset that the run {what}. {column.slot.description}".strip()
    if column.kind is Kind.COMPONENTS:
        return "The components of the dataset, if it was not all of it."
    described = {one.key: one.description for one in column.slot.resources}
    return described[column.key] or f"The file “{column.key}” of the dataset."


def _template_text(column: Column, template: SheetTemplate) -> str:
    if column.kind is not Kind.TEMPLATE:
        return ""
    return f"Here it is “{template.name}” of the model “{template.model}”."


def _required_text(column: Column) -> str:
    if column.required:
        return "required"
    if column.kind is Kind.RESOURCE and column.slot:
        optional = {one.key: one.optional for one in column.slot.resources}
        return "optional" if optional[column.key] else "required with the dataset"
    return "optional"
