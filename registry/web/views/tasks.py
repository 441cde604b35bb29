"""The page of a task of a run request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from registry.execution.actions import ACTIONS, Chosen, act
from registry.execution.models import Task
from registry.web.addresses import page_address
from registry.web.execution.acting import Done, changed_tasks, do_and_return
from registry.web.execution.live import live_part
from registry.web.execution.tasks import find_task, live_context, task_context
from registry.web.views.errors import page

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from registry.identity.models import User


@require_safe
def task(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a task with its attempts, files and log."""
    return render(request, "web/task.html", task_context(find_task(pk), request))


@require_safe
def live(request: HttpRequest, pk: int) -> HttpResponse:
    """Return the part of the page that changes while the task is at work."""
    context = live_context(find_task(pk), request)
    return live_part(request, "web/parts/task_work.html", context)


@login_required
@require_POST
def direct(request: HttpRequest, pk: int) -> HttpResponse:
    """Do with this task what the button says."""
    found, action = find_task(pk), ACTIONS.get(request.POST.get("do", ""))
    if action is None:
        return page(request, 400, "There is no such button.")

    def work(by: User) -> Done:
        moved = act(found.run_request_id, action, Chosen(tasks=[pk]), by=by)
        return Done(changed_tasks(len(moved)))

    return do_and_return(request, page_address(Task.kind, pk), work)
