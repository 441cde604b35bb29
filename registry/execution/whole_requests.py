"""Make one code run of a whole request, where it wants no run for each task."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any

from django.conf import settings

from registry.core.lookups import IdIn
from registry.core.texts import shorten_text
from registry.execution.code_objects import command_objects, file_object
from registry.execution.inputs import whole_components
from registry.execution.models import (
    Attempt,
    AttemptOutput,
    AttemptState,
    Provenance,
    RunRequest,
    Task,
)
from registry.execution.recording import components_of
from registry.execution.states import WorkState
from registry.runs.services import register_code_runs

if TYPE_CHECKING:
    from django.db.models import QuerySet


def record_finished_requests(requests: Collection[int]) -> None:
    """Register one code run for each finished request that wants one for all tasks."""
    rows = RunRequest.objects.filter(
        IdIn("pk", requests),
        provenance=Provenance.REQUEST,
        state=WorkState.COMPLETE,
        code_run=None,
    ).select_related("registered_by")
    for request in rows.order_by("pk"):
        _record(request)


def _record(request: RunRequest) -> None:
    """Register the code run of a request, with what all of its tasks read and wrote."""
    tasks = Task.objects.filter(run_request=request)
    attempts = Attempt.objects.filter(
        task__run_request=request, state=AttemptState.DONE
    )
    first = attempts.order_by("started").values_list("started", flat=True).first()
    last = attempts.order_by("-ended").values_list("ended", flat=True).first()
    pattern = tasks.filter(job__index=0).order_by("index").first()
    if pattern is None or first is None:
        return
    person = request.registered_by
    [script] = command_objects({"": pattern.command}, by=person).values()
    row = {
        "description": shorten_text(request.description, 1000),
        "run_date": first,
        "end_date": last,
        "code_repo": request.code_id,
        "model_config": request.config_id,
        "submission_script": script,
        "inputs": _inputs_of(tasks),
        "outputs": _outputs_of(request, attempts),
    }
    [run] = register_code_runs([row], by=person, validated=True)
    RunRequest.objects.filter(pk=request.pk).update(code_run=run)


def _inputs_of(tasks: QuerySet[Task]) -> list[int]:
    """Return the components that tasks read, the first ones of very many."""
    found = {
        component
        for inputs in tasks.exclude(inputs=[]).values_list("inputs", flat=True)
        for component in components_of(inputs)
    }
    return sorted(found)[: settings.RUN_LINKS]


def _outputs_of(request: RunRequest, attempts: QuerySet[Attempt]) -> list[int]:
    """Return the components that attempts wrote.

    A code run has a limited number of them. Of more, a list of all files is the one
    output.
    """
    written = AttemptOutput.objects.filter(attempt__in=attempts.values("pk"))
    known = written.filter(object__isnull=False)
    things = list(known.values_list("object_id", flat=True))
    if len(things) <= settings.RUN_LINKS:
        return sorted(whole_components(things).values())
    content = "".join(_lines_of(written.order_by("pk").select_related("attempt__task")))
    listed = file_object(
        content.encode(),
        f"The {len(things):,} outputs of run request {request.pk}, as lines of JSON",
        by=request.registered_by,
    )
    return sorted(whole_components([listed]).values())


def _lines_of(written: QuerySet[AttemptOutput]) -> Iterable[str]:
    """Yield a line of JSON about each output, with the id of its object."""
    for one in written.iterator(chunk_size=2000):
        about: dict[str, Any] = {
            "object": one.object_id,
            "task": one.attempt.task_id,
            "level": one.level,
            "path": one.path,
            "sha1": one.sha1,
            "size": one.size,
        }
        yield f"{json.dumps(about)}\n"
