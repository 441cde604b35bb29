"""The sections of a comparison that runs with a record of a model run have."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from registry.catalogue.models import Author, Organisation, ResearchModel, Study
from registry.core.compiled import CompiledByIds
from registry.core.light_rows import LightRows
from registry.core.lookups import IdIn
from registry.runs.comparing import (
    Cell,
    ComparedRun,
    Row,
    Section,
    Target,
    Value,
    declare_section,
)
from registry.runs.models import DatasetTemplate, ModelRun, WorkflowTemplate

#: Returns the values of the record of a run.
CellOf = Callable[[Any], Cell]

_RECORD = LightRows(
    ModelRun,
    "code_run_id",
    "display_name",
    "description",
    "model_version",
    "annotations",
    "inputs",
    "outputs",
    workflow_template=LightRows(
        WorkflowTemplate,
        "name",
        "version",
        "withdrawn",
        "model_id",
        "model__name",
        "model__withdrawn",
    ),
    study=LightRows(Study, "title", "withdrawn"),
    modeller=LightRows(Author, "name", "identifier", "uuid", "withdrawn"),
    requesting_organisation=LightRows(Organisation, "name", "withdrawn"),
)
_RECORDS = CompiledByIds(
    lambda ids: (
        ModelRun.objects.filter(IdIn("code_run", ids))
        .order_by()
        .values_list(*_RECORD.paths)
    )
)


def _records_of(runs: Sequence[ComparedRun]) -> list[Any]:
    """Return the record of each run; None for a run that has none."""
    rows = map(_RECORD.row, _RECORDS.rows([run.id for run in runs]))
    found = {row.code_run_id: row for row in rows}
    return [found.get(run.id) for run in runs]


def _row(records: Sequence[Any], label: str, cell: CellOf, aspect: str = "") -> Row:
    cells = tuple(() if one is None else cell(one) for one in records)
    return Row(label, cells, aspect)


def _record(kind: str, record: Any, text: str) -> Cell:
    if record is None:
        return ()
    is_withdrawn = record.withdrawn is not None
    return (Value(text, Target(kind, record.pk), is_withdrawn),)


def _text(text: str | None) -> Cell:
    return (Value(text),) if text else ()


def agreement_section(runs: Sequence[ComparedRun]) -> Section | None:
    """Compare the templates of the records, and for whom the runs were."""
    records = _records_of(runs)
    if not any(records):
        return None
    rows = [
        _row(records, "Name", lambda one: _text(one.display_name)),
        _row(records, "Description", lambda one: _text(one.description)),
        _row(records, "Workflow template", _template),
        _row(records, "Model", _model),
        _row(records, "Model", lambda one: _text(one.model_version), "version"),
        _row(records, "Study", _study),
        _row(records, "Modeller", _modeller),
        _row(records, "Requesting organisation", _organisation),
    ]
    return Section.of("Model run", rows)


def _template(record: Any) -> Cell:
    template = record.workflow_template
    name = f"{template.name} (v{template.version})"
    return _record(WorkflowTemplate.kind, template, name)


def _model(record: Any) -> Cell:
    template = record.workflow_template
    target = Target(ResearchModel.kind, template.model_id)
    is_withdrawn = template.model__withdrawn is not None
    return (Value(template.model__name, target, is_withdrawn),)


def _study(record: Any) -> Cell:
    study = record.study
    return _record(Study.kind, study, study.title if study else "")


def _modeller(record: Any) -> Cell:
    author = record.modeller
    name = author.name or author.identifier or str(author.uuid)
    return _record(Author.kind, author, name)


def _organisation(record: Any) -> Cell:
    found = record.requesting_organisation
    return _record(Organisation.kind, found, found.name if found else "")


def annotations_section(runs: Sequence[ComparedRun]) -> Section | None:
    """Compare the annotations of the runs, each in a row of its own."""
    records = _records_of(runs)
    if not any(records):
        return None
    names = dict.fromkeys(
        name for one in records if one is not None for name in one.annotations
    )
    rows = [
        Row(
            name,
            tuple(
                () if one is None else _text(one.annotations.get(name))
                for one in records
            ),
        )
        for name in sorted(names)
    ]
    return Section.of("Annotations", rows)


def resources_section(runs: Sequence[ComparedRun]) -> Section | None:
    """Compare the files of datasets that the runs used, by their dataset templates."""
    records = _records_of(runs)
    if not any(records):
        return None
    paths: dict[tuple[int, str], list[list[str]]] = {}
    for at, one in enumerate(records):
        for dataset in [] if one is None else [*one.inputs, *one.outputs]:
            for key, path in dataset["resources"].items():
                place = (dataset["dataset_template"], key)
                paths.setdefault(place, [[] for _ in records])[at].append(path)
    names = _names_of_templates({template for template, _ in paths})
    rows = [
        Row(
            names[template],
            tuple(
                tuple(Value(path, is_code=True) for path in dict.fromkeys(sorted(some)))
                for some in cells
            ),
            key,
        )
        for (template, key), cells in sorted(paths.items())
    ]
    return Section.of("Resources", rows)


def _names_of_templates(ids: set[int]) -> dict[int, str]:
    rows = DatasetTemplate.objects.filter(IdIn("pk", ids)).order_by()
    return dict(rows.values_list("pk", "name")) if ids else {}


declare_section(agreement_section, rank=15)
declare_section(annotations_section, rank=42)
declare_section(resources_section, rank=45)
