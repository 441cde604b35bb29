"""Requests whose tasks are given out, run and end as a test wants."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from django.db.models import Q
from django.test import Client

from registry.execution.completing import complete
from registry.execution.leases import Offer, claim_tasks, renew
from registry.execution.logs import Part, append
from registry.execution.models import (
    Attempt,
    AttemptState,
    Backend,
    RunRequest,
    Task,
)
from registry.execution.reports import Output, Report
from tests.factories import BackendFactory, RunRequestFactory, UserFactory

EVIL = "<script>alert('x')</script>&"


def task(name: str, needs: Sequence[str] = (), **values: Any) -> dict[str, Any]:
    """Return a task of a request."""
    return {"name": name, "command": ["echo", name], "needs": list(needs), **values}


#: A chain of three, and one beside it.
CHAIN = (
    task("clean"),
    task("fit", ["clean"]),
    task("count", ["clean"]),
    task("plot", ["fit"]),
)


def new_request(*tasks: dict[str, Any], **values: Any) -> RunRequest:
    """Return a request for these tasks, on a backend whose logs few can read."""
    backend = values.pop("backend", None) or BackendFactory(log_readers="people")
    made: RunRequest = RunRequestFactory(
        tasks=list(tasks or CHAIN),
        backend=backend,
        publish=[],
        on_failed_need="hold",
        **values,
    )
    return made


def find(request: RunRequest, name: str) -> Task:
    """Return a task of a request."""
    return Task.objects.get(run_request=request, name=name)


def backend_of(request: RunRequest) -> Backend:
    """Return the backend of a request."""
    backend = request.backend
    assert backend is not None
    return backend


def begin(request: RunRequest, name: str, log: str = "") -> Attempt:
    """Give a task to an executor, which runs it; return the attempt."""
    one = find(request, name)
    executor = UserFactory(username=f"executor-{one.pk}-{one.attempts}")
    offer = Offer(host="node-1", slots=1, only=Q(pk=one.pk))
    [attempt] = claim_tasks(backend_of(request), offer, by=executor)
    renew({attempt.lease: "running"}, by=executor)
    if log:
        append({attempt.pk: Part(0, log)})
    return attempt


def end(attempt: Attempt, *, error: str = "", content: bytes = b"1\n") -> Attempt:
    """Report the end of an attempt, which wrote a file unless it failed."""
    sha1 = hashlib.sha1(content, usedforsecurity=False).hexdigest()
    output = Output(
        level="minimally_sensitive",
        size=len(content),
        name="table",
        path="out/table.csv",
        sha1=sha1,
    )
    return complete(
        Report(
            lease=attempt.lease,
            outcome=AttemptState.FAILED if error else AttemptState.DONE,
            exit_code=3 if error else 0,
            error=error,
            outputs=[] if error else [output],
            usage={"seconds": 1.5, "cpu_seconds": 0.5, "memory": 12_000_000},
        ),
        by=attempt.executor,
    )


def run(request: RunRequest, *names: str) -> None:
    """Let these tasks of a request be done, one after the other."""
    for name in names:
        end(begin(request, name))


def client_of(user: Any) -> Client:
    """Return the browser of a person who is signed in."""
    client = Client()
    client.force_login(user)
    return client
