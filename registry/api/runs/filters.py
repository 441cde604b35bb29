"""The filters of code runs."""

from __future__ import annotations

from registry.http.filters import RecordFilterSet
from registry.runs.models import CodeRun


class CodeRunFilter(RecordFilterSet):
    """Filters of code runs."""

    class Meta:
        model = CodeRun
        fields = (
            "run_date",
            "end_date",
            "description",
            "code_repo",
            "model_config",
            "submission_script",
            "inputs",
            "outputs",
            "uuid",
            "last_updated",
            "updated_by",
        )
