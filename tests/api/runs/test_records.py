"""Code runs, templates and model runs, as rows of the contract."""

from __future__ import annotations

from typing import Any

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


class _Template(RecordContract):
    """What both kinds of templates have: versions that replace others."""

    keeps = ("uuid", "replaces")

    def surround(self, record: Any) -> None:
        self.make(replaces=record, by=factories.UserFactory(roles=["curator"]))

    def ids_found_by(self, target: Any, name: str) -> list[int]:
        if name == "updated_by":
            # the same person registered the version before it
            return [target.pk, target.replaces_id]
        if name != "version":
            return super().ids_found_by(target, name)
        # others have the same number of their own
        same = self.model()._default_manager.filter(version=target.version)
        return list(same.order_by("-pk").values_list("pk", flat=True))


class TestDatasetTemplate(_Template):
    """Templates of datasets."""

    factory = factories.DatasetTemplateFactory
    # one for the number of the version before
    posting = 8


class TestWorkflowTemplate(_Template):
    """Templates of workflows."""

    factory = factories.WorkflowTemplateFactory
    # one for the number of the version before
    posting = 13

    def _new_values(self, record: Any) -> dict[str, Any]:
        other = {
            "required_annotations": ["RCP", "region"],
            "optional_annotations": ["season"],
        }
        return {**super()._new_values(record), **other}
