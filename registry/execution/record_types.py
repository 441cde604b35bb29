"""What every surface reads of backends, run requests and the work done for them."""

from __future__ import annotations

from registry.core.permissions import Who
from registry.core.record_types import RecordType, declare
from registry.core.row_types import RowType
from registry.core.traits import Section
from registry.execution import backends, requesting, rights
from registry.execution.models import (
    Attempt,
    Backend,
    BackendGrant,
    Job,
    RunRequest,
    Task,
)

EXECUTION = Section("Run requests", 60)

BACKEND = RecordType(
    model=Backend,
    description="""
A place where executors do the work of run requests, near its data.

Executors ask for work with the credentials of an account that has a grant to `execute`
here; people ask for runs with a grant to `request`. Below the address of a backend,
`flag/` pauses it or takes its database out of use.
""".strip(),
    summary="Places where the work of run requests is done.",
    section=EXECUTION,
    rank=61,
    columns=(Backend.slug, Backend.name, Backend.last_seen, Backend.description),
    outside_root=True,
    natural_key=Backend.slug,
    search_texts=(Backend.slug, Backend.name, Backend.description),
    registered_by=Who.ADMINISTRATORS_ANYWHERE,
    rule=rights.refuse_backends,
    change=backends.change_backend,
)

BACKEND_GRANT = RecordType(
    model=BackendGrant,
    description="""
The permission of one account to use one backend: to `request` runs there, or to
`execute` them, as the account of an executor. Those who look after the backend grant
its use, and take it away by deleting the grant.
""".strip(),
    summary="Who may ask for runs on a backend, and who may do them.",
    section=EXECUTION,
    rank=62,
    columns=(
        BackendGrant.backend,
        BackendGrant.user,
        BackendGrant.use,
        BackendGrant.last_updated,
    ),
    outside_root=True,
    registered_by=Who.OWNERS_OF_ITS_BACKEND,
    rule=rights.refuse_grants,
    describes=(BackendGrant.backend,),
    delete=backends.delete_grant,
)

RUN_REQUEST = RecordType(
    model=RunRequest,
    description="""
What somebody asked to be run: actions of `project.yaml` at a commit, or `tasks` that
the request lists itself.

A task is one command. It begins when all tasks that it needs are done, and reads what
they wrote; a task that is done becomes a code run of who asked for it. Below the
address of a request, `suspend/`, `resume/`, `reset/`, `hard_reset/`, `cancel/`,
`run_again/` and `priority/` direct its work, and `progress/` says how far it is.
""".strip(),
    summary="Requests for runs, which executors carry out.",
    section=EXECUTION,
    rank=60,
    columns=(
        RunRequest.description,
        RunRequest.state,
        RunRequest.backend,
        RunRequest.last_updated,
    ),
    outside_root=True,
    search_texts=(RunRequest.description, RunRequest.repo_url),
    hidden=(RunRequest.counts_names,),
    registered_by=Who.REQUESTERS,
    register=requesting.register_run_requests,
    change=requesting.change_run_request,
    guard=requesting.check_change,
)

JOB = RowType(
    model=Job,
    description="""
One round of the tasks of a run request; most requests have a single one. The registry
makes them.
""".strip(),
    shown=(Job.run_request, Job.index, Job.external_id, Job.state, Job.state_changed),
)

TASK = RowType(
    model=Task,
    description="""
One command of a run request: the unit that executors are given. The registry makes
them, and changes their states.

`message` says why a task waits or failed: what it needs, which flag holds it back, what
no executor offers; of a single task also its place in the queue.
""".strip(),
    shown=(
        *(Task.run_request, Task.job, Task.backend, Task.index, Task.name),
        *(Task.external_id, Task.state, Task.reason, Task.message),
        *(Task.state_changed, Task.needs, Task.unmet, Task.command, Task.image),
        *(Task.environment, Task.inputs, Task.outputs, Task.cpu, Task.gpu),
        *(Task.memory, Task.disk, Task.time, Task.requirements),
        *(Task.needs_database, Task.priority, Task.not_before, Task.attempts),
        *(Task.losses, Task.failures, Task.started, Task.ended, Task.code_run),
    ),
)

ATTEMPT = RowType(
    model=Attempt,
    description="""
One attempt of an executor to do a task: where, when, and how it ended. `log/` below its
address has the last part of what it wrote.
""".strip(),
    # the lease is for its executor alone
    shown=(
        *(Attempt.task, Attempt.number, Attempt.backend, Attempt.executor),
        *(Attempt.host, Attempt.state, Attempt.stage, Attempt.leased_at),
        *(Attempt.leased_until, Attempt.started, Attempt.ended, Attempt.exit_code),
        *(Attempt.error, Attempt.usage, Attempt.code_run),
    ),
)

declare(BACKEND, BACKEND_GRANT, RUN_REQUEST, JOB, TASK, ATTEMPT)
