"""The context of the page of a run request, and of the rows of their list."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from django.urls import reverse

from registry.core.lookups import IdIn
from registry.core.models import Event
from registry.execution import overviews
from registry.execution.counts import Counts, counts_of
from registry.execution.graphs import graph_of
from registry.execution.models import RunRequest
from registry.execution.rights import may_direct
from registry.execution.states import TaskState, WorkState
from registry.execution.waiting import explain
from registry.web.describe import account_name, address_of, link_to
from registry.web.execution.buttons import as_context, buttons_for
from registry.web.execution.live import live_address
from registry.web.execution.task_graph import (
    MAX_DRAWN,
    critical_path_in_words,
    graph_picture,
)
from registry.web.execution.tasks import task_address
from registry.web.execution.words import Progress, said_of
from registry.web.lineage import lineage_context
from registry.web.queries import query_with
from registry.web.values import Value

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from django.db.models import QuerySet
    from django.http import HttpRequest

#: Tasks of a page of the table, names that are counted, and final code runs.
MAX_TASKS, MAX_NAMES, MAX_RUNS = 50, 50, 10
#: The lineage of what a request made: from its last runs into the past.
_LINEAGE: Final = {"direction": "upstream", "depth": "5"}
_MINE: Final = "mine"
#: The states in which nothing changes unless a person does something.
_FINISHED: Final = frozenset(
    {WorkState.COMPLETE, WorkState.ERRORS, WorkState.CANCELLED}
)


@dataclass(frozen=True)
class Choice:
    """Which tasks of a request the page shows, and which of its jobs as a graph."""

    state: str = ""
    name: str = ""
    after: int = 0
    job: int = 0

    @classmethod
    def of(cls, request: HttpRequest) -> Choice:
        """Return what the address asks for; what makes no sense is left out."""
        state = request.GET.get("state", "")
        return cls(
            state if state in TaskState.values else "",
            request.GET.get("name", "").strip()[:1024],
            _number(request.GET.get("after", "")),
            _number(request.GET.get("job", "")),
        )


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) <= 15 else 0


def request_context(record: RunRequest, request: HttpRequest) -> dict[str, Any]:
    """Return the context of the whole page, with what the live part has."""
    context = live_context(record, request)
    return {
        **context,
        "requested": list(_requested(record, request)),
        **_results(record, request),
        "live_address": live_address(
            reverse("web:run_request-live", args=[record.pk]), request
        ),
    }


def live_context(record: RunRequest, request: HttpRequest) -> dict[str, Any]:
    """Return what changes while a request is at work."""
    counts = counts_of([record.pk])[record.pk]
    choice = Choice.of(request)
    return {
        "record": record,
        "is_done": record.state in _FINISHED,
        "said": said_of(record.state, counts),
        "progress": Progress.of(record, counts),
        "names": _by_name(counts),
        "more_names": max(0, len(counts.by_name) - MAX_NAMES),
        "may_direct": may_direct(request.user, record),
        **as_context(buttons_for(counts.present)),
        **_graph(record, counts, choice),
        **_tasks(record, counts, choice, request),
    }


def _requested(record: RunRequest, request: HttpRequest) -> Iterator[tuple[str, Value]]:
    """Yield what was requested, with labels."""
    yield "Requested by", Value(account_name(record.registered_by, request.user))
    backend = record.backend
    yield "Backend", Value("any") if backend is None else link_to(backend)
    if record.repo_url:
        yield "Repository", _repository(record.repo_url)
        yield "Commit", Value(record.commit or "—", code=True)
    if record.requested_actions:
        yield "Actions", Value(", ".join(record.requested_actions))
    if record.jobs > 1:
        yield "Jobs", Value(f"{record.jobs:,}, each with all of the tasks")
    if record.rerun_of is not None:
        yield "Rerun of", link_to(record.rerun_of)
    if record.code_run is not None:
        yield "Code run", link_to(record.code_run)


def _repository(url: str) -> Value:
    is_web = url.startswith(("https://", "http://"))
    return Value(url, url if is_web else None)


def _by_name(counts: Counts) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "states": [(state, f"{n:,} {state}") for state, n in found.items()],
        }
        for name, found in islice(counts.by_name.items(), MAX_NAMES)
    ]


def _graph(record: RunRequest, counts: Counts, choice: Choice) -> dict[str, Any]:
    """Return the tasks of one job as a picture, if they are few enough for one."""
    if counts.total > MAX_DRAWN * max(1, record.jobs_made):
        return {"picture": None, "max_drawn": MAX_DRAWN}
    nodes = graph_of(record.pk, choice.job)
    if not nodes:
        return {"picture": None, "job": choice.job}
    is_chain = any(one.needs for one in nodes)
    return {
        "picture": graph_picture(nodes, task_address),
        "critical": critical_path_in_words(nodes) if is_chain else "",
        "job": choice.job,
    }


def _tasks(
    record: RunRequest, counts: Counts, choice: Choice, request: HttpRequest
) -> dict[str, Any]:
    found = overviews.tasks_of(
        record.pk,
        counts,
        state=choice.state,
        name=choice.name,
        after=choice.after,
        most=MAX_TASKS,
    )
    tasks = found[:MAX_TASKS]
    reasons = explain(tasks, places=False)
    more = len(found) > MAX_TASKS
    return {
        "choice": choice,
        "states": TaskState.values,
        "tasks": [{"task": one, "reason": reasons[one.pk]} for one in tasks],
        "has_jobs": record.jobs > 1,
        "next_page": query_with(request, after=str(tasks[-1].pk)) if more else "",
        "first_page": query_with(request, after="") if choice.after else "",
    }


def _results(record: RunRequest, request: HttpRequest) -> dict[str, Any]:
    """Return the last code runs with their lineage, once nothing goes on."""
    if record.state == WorkState.PROCESSING:
        return {"runs": []}
    runs = overviews.final_runs(record, most=MAX_RUNS)
    if not runs:
        return {"runs": []}
    return {
        "runs": [link_to(one) for one in runs],
        "lineage": lineage_context(runs[0], request, defaults=_LINEAGE),
    }


def only_mine(rows: QuerySet[Any], request: HttpRequest) -> QuerySet[Any]:
    """Return the requests of the viewer, if the address asks for these."""
    if not request.GET.get(_MINE) or not request.user.is_authenticated:
        return rows
    return rows.filter(registered_by=request.user)


def list_context(records: Sequence[RunRequest], request: HttpRequest) -> dict[str, Any]:
    """Return the rows of the list, and the filters that people use most."""
    ids = [one.pk for one in records]
    counts, asked = counts_of(ids), _asked_at(ids)
    return {
        "requests": [
            {
                "record": one,
                "address": address_of(one),
                "progress": Progress.of(one, counts[one.pk]),
                "by": account_name(one.registered_by, request.user),
                "at": asked.get(one.pk),
            }
            for one in records
        ],
        "shortcuts": list(_shortcuts(request)),
        "is_mine": bool(request.GET.get(_MINE)),
        "live_address": live_address(reverse("web:run_request-live-list"), request),
    }


def _asked_at(requests: Sequence[int]) -> dict[int | None, datetime]:
    """Return when requests were registered."""
    events = Event.objects.filter(
        IdIn("record_id", requests), kind=RunRequest.kind, action="created"
    )
    return dict(events.order_by().values_list("record_id", "at")) if requests else {}


def _shortcuts(request: HttpRequest) -> Iterator[dict[str, Any]]:
    state = request.GET.get("state", "")
    yield {
        "label": "All",
        "address": query_with(request, state="") or "?",
        "is_here": not state,
    }
    for one in WorkState.values:
        yield {
            "label": one.capitalize(),
            "address": query_with(request, state=one),
            "is_here": state == one,
        }
