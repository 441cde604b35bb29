"""The context of the page of a task: its attempts, files and log."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.http import Http404
from django.urls import reverse

from registry.catalogue.models import ObjectComponent
from registry.execution import overviews
from registry.execution.models import Attempt, AttemptLog, Task
from registry.execution.rights import may_direct, may_read_logs
from registry.execution.states import FINAL
from registry.execution.waiting import explain
from registry.web.addresses import page_address
from registry.web.describe import account_name, address_of, link_to
from registry.web.execution.buttons import as_context, task_buttons
from registry.web.execution.live import live_address
from registry.web.execution.words import plain_log, requirements_of, spoken_seconds
from registry.web.values import Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpRequest

    from registry.execution.models import AttemptOutput

#: The most attempts, files and needed tasks on a page, and characters of a log.
MAX_ATTEMPTS, MAX_FILES, MAX_NEEDS, MAX_LOG = 20, 100, 50, 16_384
#: Why nobody sees a log here.
_NO_LOG = (
    "Only those who asked for the run, and those who look after its backend, can read "
    "the log."
)


def task_address(pk: int) -> str:
    """Return the address of the page of a task."""
    return page_address(Task.kind, pk)


def find_task(pk: int) -> Task:
    """Return a task with its request, or raise ``Http404``."""
    rows = Task.objects.select_related(
        "run_request__backend", "run_request__registered_by", "job", "code_run"
    )
    found: Task | None = rows.filter(pk=pk).first() if pk < 2**63 else None
    if found is None:
        raise Http404(f"There is no task {pk}.")
    return found


def task_context(task: Task, request: HttpRequest) -> dict[str, Any]:
    """Return the context of the whole page, with what the live part has."""
    needs = overviews.needed_by(task.pk, most=MAX_NEEDS)
    api_path = reverse("task-detail", args=[task.pk])
    return {
        **live_context(task, request),
        "request_link": link_to(task.run_request),
        "command": shlex.join(task.command),
        "requirements": requirements_of(task),
        "environment": task.environment.items(),
        "needs": needs[:MAX_NEEDS],
        "more_needs": len(needs) > MAX_NEEDS,
        "inputs": [_input(one) for one in task.inputs[:MAX_FILES]],
        "more_inputs": len(task.inputs) > MAX_FILES,
        "declared": task.outputs[:MAX_FILES],
        "more_declared": len(task.outputs) > MAX_FILES,
        "api_path": api_path,
        "api_url": request.build_absolute_uri(api_path),
        "live_address": live_address(reverse("web:task-live", args=[task.pk]), request),
    }


def live_context(task: Task, request: HttpRequest) -> dict[str, Any]:
    """Return what changes while a task is at work."""
    attempts = overviews.attempts_at(task.pk, most=MAX_ATTEMPTS)
    shown = _shown_attempt(attempts, request)
    return {
        "task": task,
        "said": f"State of the task: {task.state}.",
        "why": explain([task])[task.pk],
        "is_done": task.state in FINAL,
        "code_run": None if task.code_run is None else link_to(task.code_run),
        "attempts": [_attempt_row(one, request) for one in attempts],
        "older": max(0, task.attempts - len(attempts)),
        "may_direct": may_direct(request.user, task.run_request),
        **as_context(task_buttons(task.state)),
        **_files(shown),
        **_log(task, shown, request),
    }


def _shown_attempt(attempts: list[Attempt], request: HttpRequest) -> Attempt | None:
    """Return the attempt whose log and files are shown: the latest, unless chosen."""
    chosen = request.GET.get("attempt", "")
    latest = attempts[0] if attempts else None
    return next((one for one in attempts if str(one.number) == chosen), latest)


def _attempt_row(one: Attempt, request: HttpRequest) -> dict[str, Any]:
    return {
        "attempt": one,
        "backend": link_to(one.backend),
        "executor": account_name(one.executor, request.user),
        "took": _took(one),
        "usage": ", ".join(_usage(one.usage)),
    }


def _took(one: Attempt) -> str:
    if one.started is None or one.ended is None:
        return ""
    return spoken_seconds((one.ended - one.started).total_seconds())


def _usage(usage: Mapping[str, float]) -> Iterator[str]:
    """Yield what an attempt used, in words."""
    if "cpu_seconds" in usage:
        yield f"{spoken_seconds(usage['cpu_seconds'])} of processor time"
    if "memory" in usage:
        yield f"{usage['memory'] / 1e6:,.0f} MB of memory"


def _input(one: Mapping[str, Any]) -> tuple[str, Value]:
    """Return a file that a task reads besides the outputs of the tasks it needs."""
    component = one.get("component")
    text = f"component {component}" if component else "—"
    address = page_address(ObjectComponent.kind, component) if component else None
    return str(one.get("path") or one.get("kept") or ""), Value(text, address)


def _files(attempt: Attempt | None) -> dict[str, Any]:
    """Return what an attempt wrote."""
    found: list[AttemptOutput] = []
    if attempt is not None and attempt.ended is not None:
        found = overviews.outputs_of(attempt.pk, most=MAX_FILES)
    return {
        "files": [_file(one) for one in found[:MAX_FILES]],
        "more_files": len(found) > MAX_FILES,
    }


def _file(one: AttemptOutput) -> dict[str, Any]:
    address = None if one.object is None else address_of(one.object)
    return {
        "name": one.name,
        "path": Value(one.path or "stays on its backend", address),
        "level": one.level.replace("_", " "),
        "size": one.size,
        "is_stored": one.is_stored,
    }


def _log(task: Task, attempt: Attempt | None, request: HttpRequest) -> dict[str, Any]:
    """Return the last part of the log of an attempt, to those who can read it."""
    if attempt is None:
        return {"shown": None}
    if not may_read_logs(request.user, task.run_request, attempt.backend):
        return {"shown": attempt, "no_log": _NO_LOG}
    log = AttemptLog.objects.filter(attempt=attempt).first()
    text = "" if log is None else log.text
    is_cut = log is not None and (log.offset > 0 or len(text) > MAX_LOG)
    return {
        "shown": attempt,
        "log": plain_log(text[-MAX_LOG:]),
        "is_cut": is_cut,
        "is_running": attempt.ended is None,
    }
