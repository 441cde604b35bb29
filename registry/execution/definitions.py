"""What executors are told about the tasks that they are given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from registry.execution.inputs import Input, kept_folder, outputs_as_inputs
from registry.execution.levels import HIGHLY
from registry.execution.models import Attempt, RunRequest, Task
from registry.execution.models.checks import AMOUNTS
from registry.execution.needs import needs_of

if TYPE_CHECKING:
    from registry.identity.models import User

#: How many bytes a GB has.
GB: Final = 10**9
#: The most bytes of the log of a task.
MAX_LOG: Final = 100_000_000
#: The levels whose files' paths and checksums stay on the backend.
HIDDEN: Final = (HIGHLY,)


@dataclass(frozen=True)
class Definition:
    """A task as an executor is given it."""

    attempt: Attempt
    task: Task
    request: RunRequest
    job_index: int
    inputs: Sequence[Input] = field(default_factory=tuple)

    @property
    def environment(self) -> dict[str, str]:
        """The variables of the task."""
        return {
            "JOB_INDEX": str(self.job_index),
            **self.request.environment,
            **self.task.environment,
        }

    @property
    def limits(self) -> dict[str, int]:
        """What the task may use: seconds, and bytes of memory, outputs and log."""
        return {
            "seconds": int(self.task.time * 3600),
            "memory": int(self.task.memory * GB),
            "output": int(self.task.disk * GB),
            "log": MAX_LOG,
        }

    @property
    def amounts(self) -> dict[str, float]:
        """How much the task needs of what executors offer."""
        return {name: getattr(self.task, name) for name in AMOUNTS}

    def shown(self) -> dict[str, Any]:
        """Return the definition without addresses, which its surface adds."""
        task = self.task
        return {
            "lease": str(self.attempt.lease),
            "number": self.attempt.number,
            "name": task.name,
            "repo_url": self.request.repo_url,
            "commit": self.request.commit,
            "command": task.command,
            "image": task.image,
            "environment": self.environment,
            "outputs": task.outputs,
            "limits": self.limits,
            "needs": self.amounts,
            "leaving": list(self.attempt.backend.leaving),
            "hidden": list(HIDDEN),
            "kept": kept_folder(self.attempt),
        }


def define(attempts: Sequence[Attempt]) -> list[Definition]:
    """Return the definitions of the tasks of attempts, in few statements."""
    inputs = inputs_of([one.task for one in attempts])
    return [
        Definition(
            one,
            one.task,
            one.task.run_request,
            one.task.job.index,
            inputs[one.task_id],
        )
        for one in attempts
    ]


def inputs_of(tasks: Sequence[Task]) -> dict[int, list[Input]]:
    """Return all files that tasks read: their inputs, and what their needs wrote."""
    needs = needs_of([one.pk for one in tasks])
    written = outputs_as_inputs({need for some in needs.values() for need in some})
    return {
        one.pk: [
            *one.inputs,
            *(file for need in needs.get(one.pk, ()) for file in written.get(need, ())),
        ]
        for one in tasks
    }


def find_input(lease: str, sha1: str, *, by: User) -> bool:
    """Return whether a file is an input of the task whose lease an executor has."""
    attempts = Attempt.objects.filter(lease=lease, executor=by, ended__isnull=True)
    task = Task.objects.filter(pk__in=attempts.values("task_id")).first()
    if task is None:
        return False
    files = inputs_of([task])[task.pk]
    return any(one.get("sha1") == sha1 and "kept" not in one for one in files)
