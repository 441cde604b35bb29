"""The models of run requests and of the work that is done for them."""

from registry.execution.models.attempts import (
    Attempt,
    AttemptLog,
    AttemptOutput,
    AttemptState,
)
from registry.execution.models.backends import (
    Backend,
    BackendGrant,
    Executor,
    GrantedUse,
)
from registry.execution.models.requests import (
    Form,
    Job,
    OnFailedNeed,
    Provenance,
    RunRequest,
)
from registry.execution.models.scheduling import SchedulerTick
from registry.execution.models.tasks import Task, TaskCount, TaskNeed

__all__ = [
    "Attempt",
    "AttemptLog",
    "AttemptOutput",
    "AttemptState",
    "Backend",
    "BackendGrant",
    "Executor",
    "Form",
    "GrantedUse",
    "Job",
    "OnFailedNeed",
    "Provenance",
    "RunRequest",
    "SchedulerTick",
    "Task",
    "TaskCount",
    "TaskNeed",
]
