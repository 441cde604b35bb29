"""Runs of one template with the annotation `score`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from registry.runs.models import ModelRun, WorkflowTemplate
from tests.factories import ModelRunFactory, WorkflowTemplateFactory


def bare_template(**values: Any) -> WorkflowTemplate:
    """Return a template without datasets, whose runs can have a score."""
    lists: dict[str, Any] = {
        f"{need}_{direction}": []
        for need in ("required", "optional")
        for direction in ("inputs", "outputs")
    }
    given = {"required_annotations": (), "optional_annotations": ("score",)}
    template: WorkflowTemplate = WorkflowTemplateFactory.create(
        **(lists | given | values)
    )
    return template


def run_of(template: WorkflowTemplate, name: str = "", **annotations: str) -> ModelRun:
    """Return a run with these annotations; without a name it is named by its score."""
    run: ModelRun = ModelRunFactory.create(
        workflow_template=template,
        display_name=name or annotations.get("score", "no score"),
        annotations=annotations,
    )
    return run


def runs_with(template: WorkflowTemplate, scores: Iterable[str | None]) -> None:
    """Register runs with these scores; None for a run without one."""
    for score in scores:
        annotations: Mapping[str, str] = {} if score is None else {"score": score}
        run_of(template, **annotations)
