"""Code runs, templates and model runs, as rows of the contract."""

from __future__ import annotations

from typing import Any, ClassVar

import factory

from tests import factories
from tests.api.contract import RecordContract


class _CodeRunFactory(factories.CodeRunFactory):
    """Code runs of which every second one failed."""

    failed = factory.Sequence(lambda number: bool(number % 2))


class TestCodeRun(RecordContract):
    """Code runs."""

    factory = _CodeRunFactory
    endpoint = "code_run"
    posting = 8
    fewer_on_postgresql = 2
    writable = (
        "run_date, end_date?, description, code_repo?, model_config?, "
        "submission_script, inputs[]=, outputs[]=, failed=false, uuid"
    )
    read_only = "ro_crate"
    unfiltered = ("ro_crate",)
    changeable = True
    removable = True
    keeps = ("uuid",)
    more_filters = ("verified",)
    lists = 1


class _Template(RecordContract):
    """What both kinds of templates have: versions that replace others."""

    keeps = ("uuid", "replaces")

    def surround(self, record: Any) -> None:
        self.make(replaces=record, by=factories.UserFactory(roles=["curator"]))

    def detail_of_duplicate(self, unique_set: tuple[str, ...], record: Any) -> str:
        detail = super().detail_of_duplicate(unique_set, record)
        if unique_set != ("replaces",):
            return detail
        title = record._meta.verbose_name.capitalize()
        next_version = f"{title} {record.replaces_id} has a next version already"
        return f"{next_version}: {record.pk}. {detail}"

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
    posting = 12

    def _new_values(self, record: Any) -> dict[str, Any]:
        other = {
            "required_annotations": ["RCP", "region"],
            "optional_annotations": ["season"],
        }
        return {**super()._new_values(record), **other}


class _ModelRunFactory(factories.ModelRunFactory):
    """Model runs that need no annotations."""

    workflow_template = factory.SubFactory(
        factories.WorkflowTemplateFactory, required_annotations=(), replaces=None
    )


class TestModelRun(RecordContract):
    """Model runs, whose content is checked as a whole and is one record.

    `test_model_runs_contract.py` says what holds instead of the tests that are left
    out.
    """

    factory = _ModelRunFactory
    endpoint = "model_run"
    posting = 21
    writable = (
        "workflow_template, model_version?, display_name=, description, study?, "
        "modeller, requesting_organisation?, model_config?, submission_script?, "
        "start_time, end_time, inputs, outputs, annotations={}, uuid"
    )
    read_only = "code_run, fingerprint, prov_report, ro_crate"
    unfiltered = ("prov_report", "ro_crate")
    changeable = True
    removable = True
    keeps = ("uuid",)
    said_of_change: ClassVar[dict[str, Any]] = {"reason": "It was wrong."}

    replaces = (
        # a name that is left out is the beginning of the description
        "test_what_is_left_out_has_the_default_of_the_contract",
        # errors have the places in a document, and a number is a text
        "test_a_value_of_another_kind_is_refused_by_name",
        # numbers are moments, too
        "test_numbers_beyond_all_bounds_are_no_failure",
        # a PUT is a whole record: what is left out is empty
        "test_what_is_left_out_stays",
        # the code run and the fingerprint are the registry's own
        "test_the_database_holds_what_the_contract_says",
        # the record is read again, for it may be an earlier one
        "test_a_post",
        # the same content is answered with 200, not with 409
        "test_after_a_duplicate_the_record_is_found_by_all_that_was_posted",
        "test_of_two_that_post_the_same_at_once_one_is_first",
    )
