"""Code runs, templates and model runs, as rows of the contract."""

from __future__ import annotations

from tests import factories
from tests.api.contract import RecordContract


class TestCodeRun(RecordContract):
    """Code runs."""

    factory = factories.CodeRunFactory
    endpoint = "code_run"
    posting = 8
    fewer_on_postgresql = 2
    writable = (
        "run_date, end_date?, description, code_repo?, model_config?, "
        "submission_script, inputs[]=, outputs[]=, uuid"
    )
    read_only = "ro_crate"
    unfiltered = ("ro_crate",)
    changeable = True
    removable = True
    keeps = ("uuid",)
    lists = 1


class TestDatasetTemplate(RecordContract):
    """Templates of datasets."""

    factory = factories.DatasetTemplateFactory
    keeps = ("uuid", "replaces")


class TestWorkflowTemplate(RecordContract):
    """Templates of workflows."""

    factory = factories.WorkflowTemplateFactory
    keeps = ("uuid", "replaces")
