"""The models of runs."""

from registry.runs.models.code_runs import CodeRun
from registry.runs.models.model_runs import EarlierContent, ModelRun, RunAnnotation
from registry.runs.models.templates import DatasetTemplate, WorkflowTemplate
from registry.runs.models.verifications import Outcome, Verification

__all__ = [
    "CodeRun",
    "DatasetTemplate",
    "EarlierContent",
    "ModelRun",
    "Outcome",
    "RunAnnotation",
    "Verification",
    "WorkflowTemplate",
]
