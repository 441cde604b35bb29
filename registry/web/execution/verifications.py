"""What a code run's page says of the task that it was, and of running it again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Q

from registry.execution.models import Task
from registry.execution.rerunning import attempt_of_run, reason_against
from registry.runs.models import Outcome, Verification
from registry.web.addresses import page_address
from registry.web.describe import link_to
from registry.web.values import Value

if TYPE_CHECKING:
    from django.http import HttpRequest

    from registry.runs.models import CodeRun

#: The most verifications on a page, and differences of each.
MAX_SHOWN, MAX_DIFFERENCES = 20, 50
#: The colours of outcomes.
_COLOURS = {
    Outcome.REPRODUCED: "good",
    Outcome.PARTLY: "warn",
    Outcome.NOT_REPRODUCED: "bad",
    Outcome.FAILED: "bad",
}


def rerun_context(run: CodeRun, request: HttpRequest) -> dict[str, Any]:
    """Return how a run was made and verified, and whether it can be run again."""
    rows = Verification.objects.filter(Q(code_run=run) | Q(rerun=run))
    found = list(rows.select_related("code_run", "rerun")[: MAX_SHOWN + 1])
    attempt = attempt_of_run(run.pk)
    return {
        "verified": [_shown(one) for one in found if one.code_run_id == run.pk],
        "verifies": [_shown(one) for one in found if one.rerun_id == run.pk],
        "reason_against": reason_against(run.pk, attempt, by=request.user),
        "task_link": None
        if attempt is None
        else Value(attempt.task.name, page_address(Task.kind, attempt.task_id)),
        "request_link": None if attempt is None else link_to(attempt.task.run_request),
    }


def _shown(one: Verification) -> dict[str, Any]:
    return {
        "outcome": one.get_outcome_display(),
        "colour": _COLOURS.get(Outcome(one.outcome), ""),
        "first": link_to(one.code_run),
        "again": link_to(one.rerun),
        "compared": one.compared,
        "at": one.at,
        "differences": one.differences[:MAX_DIFFERENCES],
        "more": max(0, len(one.differences) - MAX_DIFFERENCES),
    }
