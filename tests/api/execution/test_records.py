"""Backends, grants, run requests, and the rows of their work, by the contract.

`test_requesting.py` says what holds of run requests instead of the tests that are left
out.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

import factory
from django.utils import timezone

from registry.execution.models import (
    Attempt,
    Backend,
    Job,
    RunRequest,
    Task,
    TaskNeed,
)
from registry.execution.requesting import CHANGEABLE
from tests import factories
from tests.api.client import Api, data_of, path_of
from tests.api.contract import ReadOnlyContract, RecordContract
from tests.api.contract.base import Contract
from tests.api.execution.conftest import Repository


class _WithChoices(Contract):
    """What has fields with few values, which many records share."""

    def ids_found_by(self, target: Any, name: str) -> list[int]:
        field = self.field(name)
        if field is None or field.many_to_many:
            return [target.pk]
        return self.ids_with_same_value(target, name)


class TestBackend(_WithChoices, RecordContract):
    """Backends, which administrators register."""

    factory = factories.BackendFactory
    roles = ("entity-registry-admin",)
    powers = ("entity-registry-admin",)
    lengths: ClassVar[dict[str, int]] = {"slug": 50}

    def surround(self, record: Any) -> None:
        seen = timezone.now() - timedelta(hours=record.pk)
        Backend.objects.filter(pk=record.pk).update(
            last_seen=seen, flags={"paused": {"value": True, "since": seen.isoformat()}}
        )


class TestBackendGrant(_WithChoices, RecordContract):
    """Grants, by who looks after the backend."""

    factory = factories.BackendGrantFactory
    roles = ("entity-registry-admin",)
    powers = ("entity-registry-admin",)
    removable = True


class _RunRequestFactory(factories.RunRequestFactory):
    """Requests of a repository."""

    repo_url = factory.LazyFunction(lambda: Repository.current.url)
    branch = "main"
    commit = factory.LazyFunction(lambda: Repository.current.commit)


class TestRunRequest(_WithChoices, RecordContract):
    """Run requests."""

    factory = _RunRequestFactory
    # they can ask for runs on every backend, without a grant
    roles = ("curator",)
    # what another interface calls a request, and its code run, nobody can give
    unique = ()
    at_least = ("tasks",)
    keeps = (
        *("backend", "repo_url", "branch", "commit", "requested_actions", "tasks"),
        *("jobs", "environment", "priority", "provenance", "uuid"),
    )
    lengths: ClassVar[dict[str, int]] = {"commit": 40}

    replaces = (
        # the registry's own fields are unique too
        "test_the_database_holds_what_the_contract_says",
        # its tasks, code and configuration are registered with it
        "test_a_post",
        "test_many_at_once_take_what_two_do",
        # either actions or tasks are given, and never both
        "test_every_field_of_a_full_record_has_a_value",
    )

    def empties(self) -> list[dict[str, Any]]:
        return [
            {"backend": None},
            {"branch": None},
            {"repo_url": None, "branch": None, "commit": None},
        ]

    def surround(self, record: Any) -> None:
        RunRequest.objects.filter(pk=record.pk).update(
            external_id=f"request-{record.pk}",
            rerun_of=factories.CodeRunFactory(),
            code_run=factories.CodeRunFactory(),
        )


class _WorkContract(_WithChoices, ReadOnlyContract):
    """What the registry makes of run requests, which everybody can read."""

    def test_anybody_can_read_and_nobody_can_write(self) -> None:
        record = self.make()
        before = type(record)._default_manager.values().get(pk=record.pk)
        administrator = Api(factories.UserFactory(is_superuser=True))
        for path in (self.list_path, path_of(record)):
            data_of(Api().get(path))
            for method in ("POST", "PUT", "PATCH", "DELETE"):
                answer = administrator.call(method, path, {"state": "done"})
                assert list(data_of(answer, 405)) == ["detail"]
        assert type(record)._default_manager.values().get(pk=record.pk) == before

    def test_options_has_filters_and_no_actions(self) -> None:
        metadata = data_of(self.reader.call("OPTIONS", self.list_path))
        assert set(metadata["filter_fields"]) == {*self.filters()}
        assert "actions" not in metadata


class TestJob(_WorkContract):
    """Jobs."""

    factory = factories.JobFactory
    endpoint = "job"
    read_only = "run_request, index, external_id?, state, state_changed"

    def surround(self, record: Any) -> None:
        Job.objects.filter(pk=record.pk).update(external_id=f"job-{record.pk}")

    def _add_ties_and_gaps(self, name: str, records: list[Any]) -> None:
        if name == "run_request":
            # a request has one job with a number
            Job.objects.filter(pk=records[2].pk).update(index=1)
        super()._add_ties_and_gaps(name, records)


class TestTask(_WorkContract):
    """Tasks, which say themselves why they failed."""

    factory = factories.TaskFactory
    endpoint = "task"
    read_only = (
        "run_request, job, backend?, index, name, external_id?, state, reason, "
        "message, state_changed, needs[], unmet, command, image, environment, inputs, "
        "outputs, cpu, gpu, memory, disk, time, requirements, needs_database, "
        "priority, not_before?, attempts, losses, failures, started?, ended?, code_run?"
    )

    def make(self, **given: Any) -> Any:
        return super().make(
            **{"state": "failed", "message": "It failed.", "reason": "exit", **given}
        )

    def surround(self, record: Any) -> None:
        now = timezone.now() - timedelta(hours=record.pk)
        TaskNeed.objects.create(task=record, needed=self.make())
        Task.objects.filter(pk=record.pk).update(
            external_id=f"task-{record.pk}",
            image=f"python:{record.pk}",
            environment={"SEED": "1"},
            inputs=[{"path": "a.csv", "component": None, "sha1": "a" * 40}],
            outputs=[{"name": "b", "level": "highly_sensitive", "pattern": "b.csv"}],
            requirements={"site": "north"},
            not_before=now,
            started=now,
            ended=now,
            code_run=factories.CodeRunFactory(),
        )


class TestAttempt(_WorkContract):
    """Attempts, without their leases."""

    factory = factories.AttemptFactory
    endpoint = "attempt"
    read_only = (
        "task, number, backend, executor, host, state, stage, leased_at, leased_until, "
        "started?, ended?, exit_code?, error, usage, code_run?"
    )

    def make(self, **given: Any) -> Any:
        ended = {"state": "failed", "ended": timezone.now(), "stage": "uploading"}
        return super().make(**{**ended, "error": "Killed.", **given})

    def surround(self, record: Any) -> None:
        now = timezone.now() - timedelta(hours=record.pk)
        Attempt.objects.filter(pk=record.pk).update(
            started=now,
            exit_code=record.pk + 1,
            usage={"seconds": 1.5},
            code_run=factories.CodeRunFactory(),
        )

    def _add_ties_and_gaps(self, name: str, records: list[Any]) -> None:
        rows = Attempt.objects
        if name == "task":
            # a task has one attempt with a number
            rows.filter(pk=records[2].pk).update(number=2)
        if name == "ended":
            # those that did not end are open
            rows.filter(pk__in=[records[1].pk, records[3].pk]).update(
                state="open", ended=None
            )
            rows.filter(pk=records[2].pk).update(ended=records[0].ended)
            return
        super()._add_ties_and_gaps(name, records)


def test_all_that_can_be_changed_is_changed_by_the_contract() -> None:
    fields = {*TestRunRequest.fields()}
    assert fields - {*TestRunRequest.keeps} == {*CHANGEABLE}
