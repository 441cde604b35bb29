"""Ask for a code run again, to see whether it gives the same."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from registry.catalogue.access import downloadable_files
from registry.core.errors import Conflict, Forbidden, NotFound
from registry.core.texts import shorten_text
from registry.execution.inputs import Input, as_input, whole_components
from registry.execution.levels import MINIMALLY
from registry.execution.models import Attempt, AttemptOutput, RunRequest, Task
from registry.execution.models.checks import AMOUNTS
from registry.execution.planning import Plan, TaskPlan
from registry.execution.requesting import register_planned
from registry.execution.rights import may_direct, may_request, require_request
from registry.runs.models import CodeRun

if TYPE_CHECKING:
    from registry.identity.models import User


def rerun(pk: int, *, by: User) -> RunRequest:
    """Ask for the same commit, command, configuration and inputs as those of a run.

    When the second run ends, the outputs are compared. Raises ``NotFound``,
    ``Forbidden``, and ``Conflict`` for runs that no executor did.
    """
    attempt = _attempt_of(pk)
    request, task = attempt.task.run_request, attempt.task
    backend = request.backend or attempt.backend
    require_request(by, backend)
    plan = _plan_of(task, request, pk)
    if not may_direct(by, request):
        _require_open(plan, by=by)
    row = {
        "description": _again(attempt),
        "backend": backend.pk,
        "repo_url": request.repo_url,
        "branch": request.branch,
        "commit": request.commit,
        "tasks": [_shown(plan)],
        "record_failures": True,
    }
    marks = {"rerun_of": pk, "code": request.code_id, "config": request.config_id}
    [made] = register_planned([row], [plan_alone(plan)], by=by, marks=marks)
    return made


def _require_open(plan: TaskPlan, *, by: User) -> None:
    """Raise ``Forbidden`` if a run reads or writes what is not for everybody.

    Who runs it again has its log and its outputs, which are the same bytes.
    """
    checksums = {one["sha1"] for one in plan.inputs if "kept" not in one}
    is_readable = downloadable_files(by, checksums) >= checksums
    levels = {one["level"] for one in (*plan.inputs, *plan.outputs) if "level" in one}
    if not is_readable or levels - {MINIMALLY} or plan.needs_database:
        raise Forbidden(
            "This run reads or writes data that is not for everybody: only its owner, "
            "co-owners and those who look after its backend can run it again."
        )


def _again(attempt: Attempt) -> str:
    said = attempt.code_run.description if attempt.code_run else attempt.task.name
    return shorten_text(f"Again: {said}", 1000)


def reason_against(run: int, attempt: Attempt | None, *, by: Any) -> str:
    """Return why a person cannot have a code run again; "" if they can.

    ``attempt`` is what the run was made of, None if it was registered by its owner.
    """
    if attempt is None:
        return _reason_without_attempt(run)
    backend = attempt.task.run_request.backend or attempt.backend
    if by.is_authenticated and not may_request(by, backend):
        return f"You cannot ask for runs on {backend.slug}, which did this one."
    return ""


def _reason_without_attempt(run: int) -> str:
    if RunRequest.objects.filter(code_run=run).exists():
        return (
            f"Code run {run} stands for all tasks of a run request: ask for that "
            "request again."
        )
    return (
        f"Code run {run} was registered by its owner and not by an executor: the "
        "registry knows no command that would do it again."
    )


def attempt_of_run(pk: int) -> Attempt | None:
    """Return the attempt that a code run was made of, if there is one."""
    rows = Attempt.objects.select_related(
        "task__run_request__backend", "task__job", "backend", "code_run"
    )
    return rows.filter(code_run=pk).first()


def _attempt_of(pk: int) -> Attempt:
    """Return the attempt that a code run was made of, or say why there is none."""
    found = attempt_of_run(pk)
    if found is not None:
        return found
    if not CodeRun.objects.filter(pk=pk).exists():
        raise NotFound(f"code run {pk} does not exist.")
    raise Conflict(_reason_without_attempt(pk))


def _plan_of(task: Task, request: RunRequest, run: int) -> TaskPlan:
    return TaskPlan(
        name=task.name,
        command=task.command,
        image=task.image,
        environment={
            "JOB_INDEX": str(task.job.index),
            **request.environment,
            **task.environment,
        },
        inputs=[*task.inputs, *_inputs_of(run)],
        outputs=task.outputs,
        amounts={name: getattr(task, name) for name in AMOUNTS},
        requirements=task.requirements,
        needs_database=task.needs_database,
    )


def _inputs_of(run: int) -> list[Input]:
    """Return the outputs of other attempts that a code run read."""
    read = CodeRun.inputs.through._default_manager.filter(coderun=run)
    things = read.values("objectcomponent__object")
    outputs = AttemptOutput.objects.filter(object__in=things).select_related("attempt")
    rows = list(outputs.order_by("pk"))
    parts = whole_components(one.object_id for one in rows if one.object_id)
    return [as_input(one, parts) for one in rows]


def _shown(plan: TaskPlan) -> dict[str, Any]:
    """Return a plan as a request has it; its inputs are of the first run."""
    return {
        "name": plan.name,
        "command": list(plan.command),
        "image": plan.image,
        "environment": dict(plan.environment),
        "outputs": list(plan.outputs),
        "requirements": {**plan.amounts, **plan.requirements},
        "needs_database": plan.needs_database,
    }


def plan_alone(plan: TaskPlan) -> Plan:
    """Return the plan of a request for one task."""
    return Plan([plan], json.dumps([_shown(plan)]).encode(), "tasks.json")
