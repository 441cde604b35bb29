"""The states of jobs and requests, which follow from those of their tasks.

They are worked out at the end of the transaction that changes tasks, while the row of
the request is locked: so of two that change the last two tasks at once, the second sees
what the first did.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable

from django.utils import timezone

from registry.core.lookups import IdIn
from registry.execution.counts import MAX_NOTES, counts_of, sum_up_notes
from registry.execution.models import Job, RunRequest, Task
from registry.execution.states import WorkState, state_of_work


def settle(requests: Collection[int], jobs: Collection[int] = ()) -> None:
    """Work out the states of requests and of jobs of theirs."""
    if not requests:
        return
    locked = list(
        RunRequest.objects.filter(IdIn("pk", requests))
        .order_by("pk")
        .select_for_update(no_key=True)
    )
    counts = counts_of([one.pk for one in locked])
    for request in locked:
        _settle_request(request, counts[request.pk].present)
        if counts[request.pk].notes > MAX_NOTES:
            sum_up_notes(request.pk)
    single = {one.pk: one.state for one in locked if one.jobs == 1}
    _settle_single_jobs(single)
    if len(single) < len(locked):
        _settle_jobs(jobs)


def _settle_request(request: RunRequest, present: Collection[str]) -> None:
    state = state_of_work(present)
    if state == WorkState.COMPLETE and request.jobs_made < request.jobs:
        # its other jobs are still to be made
        state = WorkState.PROCESSING
    if state == request.state:
        return
    request.state = state
    # nobody's change of the record: the revision stays
    RunRequest.objects.filter(pk=request.pk).update(
        state=state, state_changed=timezone.now()
    )


def _settle_single_jobs(requests: dict[int, str]) -> None:
    """Let the only jobs of requests have the states of these."""
    by_state: defaultdict[str, list[int]] = defaultdict(list)
    for pk, state in requests.items():
        by_state[state].append(pk)
    for state, ids in by_state.items():
        jobs = Job.objects.filter(IdIn("run_request_id", ids)).exclude(state=state)
        jobs.update(state=state, state_changed=timezone.now())


def _settle_jobs(jobs: Iterable[int]) -> None:
    """Work out the states of jobs from their tasks."""
    wanted = sorted(set(jobs))
    if not wanted:
        return
    present: defaultdict[int, set[str]] = defaultdict(set)
    rows = Task.objects.filter(IdIn("job_id", wanted)).order_by()
    for job, state in rows.values_list("job_id", "state").distinct():
        present[job].add(state)
    by_state: defaultdict[str, list[int]] = defaultdict(list)
    for job in wanted:
        by_state[state_of_work(present[job])].append(job)
    for state, ids in by_state.items():
        changed = Job.objects.filter(IdIn("pk", ids)).exclude(state=state)
        changed.update(state=state, state_changed=timezone.now())
