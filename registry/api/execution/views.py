"""The viewsets of backends, run requests, jobs, tasks and attempts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404
from rest_framework.exceptions import PermissionDenied
from rest_framework.response import Response

from registry.api.base.errors import errors_of_body
from registry.api.base.idempotency import replay_of, run_idempotently
from registry.api.base.viewsets import RecordViewSet, RowViewSet
from registry.api.execution import schema
from registry.api.execution.reader import TaskReader
from registry.api.execution.serializers import (
    AttemptSerializer,
    ChosenSerializer,
    FlagSerializer,
    JobSerializer,
    PrioritySerializer,
    TaskSerializer,
)
from registry.execution.actions import ACTIONS, Chosen, act, set_priority
from registry.execution.counts import counts_of
from registry.execution.flags import set_flag
from registry.execution.graphs import graph_of
from registry.execution.models import Attempt, AttemptLog, Executor, RunRequest, Task
from registry.execution.record_types import (
    ATTEMPT,
    BACKEND,
    JOB,
    RUN_REQUEST,
    TASK,
)
from registry.execution.requesting import plan_requests, register_planned
from registry.execution.rerunning import rerun
from registry.execution.rights import may_read_logs

if TYPE_CHECKING:
    from rest_framework.request import Request

    from registry.api.base.reader import RecordReader
    from registry.execution.planning import Plan


class RunRequestViewSet(RecordViewSet):
    """Run requests, and what directs their work."""

    row_type = RUN_REQUEST

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Register one request, or all of a list or none, with their tasks.

        What the tasks are is found out first, from git if need be: the database waits
        for nobody.
        """
        self.check_field_choice()
        replayed = replay_of(request)
        if replayed is not None:
            return replayed
        data: Any = request.data
        is_list = isinstance(data, list)
        values = self.validate(data, many=True) if is_list else [self.validate(data)]
        with errors_of_body(data):
            plans = plan_requests(values, by=self.user)
        return run_idempotently(request, lambda: self._register(values, plans))

    def _register(self, values: list[Any], plans: list[Plan]) -> Response:
        data: Any = self.request.data
        with errors_of_body(data):
            made = register_planned(values, plans, by=self.user, validated=True)
        if isinstance(data, list):
            return Response(self.show([one.pk for one in made]), status=201)
        [one] = made
        return self.record_response(one.pk, one, status=201)

    @schema.action
    def direct(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Do what the last part of the address says with tasks of the request.

        `suspend` stops them until `resume`; `reset` begins again with all that is not
        done, `hard_reset` with everything, `run_again` with what failed or was
        cancelled and all that depends on it; `cancel` stops them for good. The body
        chooses tasks; without one, all are meant. Tasks that cannot go there from
        their state stay.
        """
        given = ChosenSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        pk, action = int(self.kwargs["pk"]), ACTIONS[self.kwargs["name"]]
        return run_idempotently(
            request,
            lambda: self._moved(
                pk, len(act(pk, action, Chosen(**given.validated_data), by=self.user))
            ),
        )

    def _moved(self, pk: int, changed: int) -> Response:
        found = RunRequest.objects.filter(pk=pk).values_list("state", flat=True).get()
        address = f"{self.base}{RunRequest.kind}/{pk}/"
        return Response({"run_request": address, "state": found, "changed": changed})

    @schema.priority
    def prioritise(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Give the request and its tasks another priority."""
        self.check_field_choice()
        given = PrioritySerializer(data=request.data)
        given.is_valid(raise_exception=True)
        pk = int(self.kwargs["pk"])
        set_priority(pk, **given.validated_data, by=self.user)
        return self.record_response(pk)

    @schema.progress
    def progress(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return how far the request is: its tasks by state, and by name and state."""
        pk = int(self.kwargs["pk"])
        found = self.get_queryset().filter(pk=pk).first()
        if found is None:
            raise Http404(f"run request {pk} does not exist.")
        counts = counts_of([pk])[pk]
        return Response(
            {
                "run_request": f"{self.base}{RunRequest.kind}/{pk}/",
                "state": found.state,
                "state_changed": found.state_changed,
                "jobs": found.jobs,
                "jobs_made": found.jobs_made,
                "tasks": counts.total,
                "by_state": counts.by_state,
                "by_name": counts.by_name,
            }
        )

    @schema.graph
    def graph(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return the tasks of a job, what they need, and the critical path.

        The critical path is the chain of tasks that takes longest; a task that has not
        ended counts as a minute. `job` is the number of the job, 0 without it.
        """
        pk = int(self.kwargs["pk"])
        job = request.query_params.get("job", "0")
        found = graph_of(pk, int(job) if job.isdecimal() else -1)
        if found is None:
            raise Http404(f"run request {pk} does not exist, or has no job {job}.")
        address = f"{self.base}{Task.kind}/"
        return Response(
            {
                "tasks": [
                    {
                        "task": f"{address}{one.pk}/",
                        "name": one.name,
                        "state": one.state,
                        "needs": [f"{address}{need}/" for need in one.needs],
                        "seconds": one.seconds,
                        "is_critical": one.is_critical,
                    }
                    for one in found
                ]
            }
        )


class BackendViewSet(RecordViewSet):
    """Backends, their flags and their executors."""

    row_type = BACKEND

    @schema.flag
    def set_flag(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Pause a backend, or take its database out of use, and the reverse."""
        self.check_field_choice()
        given = FlagSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        pk = int(self.kwargs["pk"])
        set_flag(pk, **given.validated_data, by=self.user)
        return self.record_response(pk)

    @schema.executors
    def executors(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return the executors that were heard of, the last one first."""
        pk = int(self.kwargs["pk"])
        if not self.get_queryset().filter(pk=pk).exists():
            raise Http404(f"backend {pk} does not exist.")
        found = Executor.objects.filter(backend=pk).order_by("-seen", "pk")[:1000]
        return Response(
            [
                {
                    "host": one.host,
                    "account": f"{self.base}users/{one.account_id}/",
                    "slots": one.slots,
                    "resources": one.resources,
                    "further": one.further,
                    "database": one.database,
                    "seen": one.seen,
                }
                for one in found
            ]
        )


class JobViewSet(RowViewSet):
    """The jobs of run requests, which the registry makes."""

    row_type = JOB
    serializer_class = JobSerializer


class TaskViewSet(RowViewSet):
    """The tasks of run requests, which the registry makes."""

    row_type = TASK
    serializer_class = TaskSerializer

    @property
    def reader(self) -> RecordReader:
        """The reader of the selected fields, which says why tasks wait."""
        return TaskReader(super().reader, places="pk" in self.kwargs)


class AttemptViewSet(RowViewSet):
    """The attempts to do tasks, which the registry makes."""

    row_type = ATTEMPT
    serializer_class = AttemptSerializer

    @schema.log
    def log(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return the last part of the log, which grows while the attempt runs.

        `offset` is how many bytes of the log come before it. The owners of a backend
        decide who can read the logs of its tasks.
        """
        pk = int(self.kwargs["pk"])
        rows = Attempt.objects.select_related("task__run_request__backend", "backend")
        attempt = rows.filter(pk=pk).first()
        if attempt is None:
            raise Http404(f"attempt {pk} does not exist.")
        if not may_read_logs(request.user, attempt.task.run_request, attempt.backend):
            raise PermissionDenied(
                "Only who asked for the run, and those who look after the backend, can "
                "read its logs."
            )
        found = AttemptLog.objects.filter(attempt=pk).first()
        log = found or AttemptLog(attempt=attempt)
        return Response(
            {
                "attempt": f"{self.base}{Attempt.kind}/{pk}/",
                "state": attempt.state,
                "stage": attempt.stage,
                "offset": log.offset,
                "text": log.text,
            }
        )


class RerunViewSet(RecordViewSet):
    """Runs a code run again, to see whether it gives the same."""

    row_type = RUN_REQUEST

    def get_description_text(self) -> str:
        """Return what this address does."""
        return str(type(self).rerun.__doc__)

    @schema.rerun
    def rerun(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Ask for the same commit, command, configuration and inputs again.

        When the second run has ended, the outputs of both are compared by checksum; the
        filter `verified=true` of code runs finds those that were reproduced.
        """
        self.check_field_choice()
        pk = int(self.kwargs["pk"])
        return run_idempotently(
            request,
            lambda: self.record_response(rerun(pk, by=self.user).pk, status=201),
        )
