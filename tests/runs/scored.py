"""Runs of one template that say what they scored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from registry.runs.models import ModelRun, WorkflowTemplate
from tests.factories import ModelRunFactory, WorkflowTemplateFactory


def bare_template(**values: Any) -> WorkflowTemplate:
    """Return a template without data, whose runs can say a score."""
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


def run_of(template: WorkflowTemplate, name: str = "", **said: str) -> ModelRun:
    """Return a run that says this; without a name it is called as its score."""
    run: ModelRun = ModelRunFactory.create(
        workflow_template=template,
        display_name=name or said.get("score", "silent"),
        annotations=said,
    )
    return run


def runs_with(template: WorkflowTemplate, scores: Iterable[str | None]) -> None:
    """Register runs with these scores; None says nothing."""
    for score in scores:
        said: Mapping[str, str] = {} if score is None else {"score": score}
        run_of(template, **said)
