"""The live parts, the buttons and the timeline of run requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from rest_framework.exceptions import NotFound

from registry.execution import overviews
from registry.execution.actions import ACTIONS, act, set_priority
from registry.execution.counts import counts_of
from registry.execution.models import RunRequest
from registry.execution.record_types import RUN_REQUEST
from registry.web.describe import account_name, address_of, label_of
from registry.web.execution.acting import Done, changed_tasks, do_and_return
from registry.web.execution.live import live_part
from registry.web.execution.requests import list_context, live_context
from registry.web.execution.tasks import task_address
from registry.web.execution.timeline import host_rows, timeline_picture
from registry.web.views.errors import page
from registry.web.views.lists import find_records

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from registry.identity.models import User

#: The most attempts of a timeline.
MAX_ATTEMPTS = 500


@require_safe
def live_list(request: HttpRequest) -> HttpResponse:
    """Return the rows of the list as they are now."""
    try:
        found = find_records(RUN_REQUEST, request)
    except NotFound as error:
        raise Http404("There is no such page.") from error
    if found.errors:
        return page(request, 400)
    context = list_context(found.records, request)
    return live_part(request, "web/parts/request_table.html", context)


@require_safe
def live(request: HttpRequest, pk: int) -> HttpResponse:
    """Return the part of a request's page that changes while it is at work."""
    context = live_context(_find(pk), request)
    return live_part(request, "web/parts/request_work.html", context)


def _find(pk: int) -> RunRequest:
    """Return a request without the long documents in it."""
    rows = RunRequest.objects.select_related("backend").defer("tasks", "environment")
    found: RunRequest | None = rows.filter(pk=pk).first() if pk < 2**63 else None
    if found is None:
        raise Http404(f"There is no run request {pk}.")
    return found


@login_required
@require_POST
def direct(request: HttpRequest, pk: int) -> HttpResponse:
    """Do with all tasks of a request what the button says."""
    action = ACTIONS.get(request.POST.get("do", ""))
    if action is None:
        return page(request, 400, "There is no such button.")

    def work(by: User) -> Done:
        return Done(f"{action.label}: {changed_tasks(len(act(pk, action, by=by)))}")

    return do_and_return(request, address_of(_find(pk)), work)


@login_required
@require_POST
def prioritise(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a request another priority."""
    priority = _priority_in(request.POST.get("priority", ""))

    def work(by: User) -> Done:
        set_priority(pk, priority, by=by)
        return Done(f"The priority is {priority:g}.")

    return do_and_return(request, address_of(_find(pk)), work)


def _priority_in(text: str) -> float:
    """Return a number; what is no number is out of the range of priorities."""
    try:
        return float(text)
    except ValueError:
        return -1


@require_safe
def timeline(request: HttpRequest, pk: int) -> HttpResponse:
    """Show who ran what when: the newest attempts, as a picture and as a table."""
    record = _find(pk)
    counts = counts_of([pk])[pk]
    attempts = overviews.newest_attempts(pk, counts.present, most=MAX_ATTEMPTS)
    rows = host_rows(attempts, timezone.now())
    context = {
        "record": record,
        "title": label_of(record),
        "attempts": [
            {"attempt": one, "executor": account_name(one.executor, request.user)}
            for one in attempts
        ],
        "picture": timeline_picture(rows, task_address) if rows else None,
        "is_cut": len(attempts) >= MAX_ATTEMPTS,
        "left_out": max(0, counts.total - len({one.task_id for one in attempts})),
    }
    return render(request, "web/timeline.html", context)
