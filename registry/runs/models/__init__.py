"""The models of runs."""

from registry.runs.models.code_runs import CodeRun

__all__ = ["CodeRun"]
