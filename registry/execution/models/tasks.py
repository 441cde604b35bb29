"""Tasks, what they need of each other, and how many are in which state."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.utils import timezone

from registry.core import validators
from registry.core.documents import DocumentField
from registry.execution.models import shapes
from registry.execution.models.backends import Backend
from registry.execution.models.querysets import TaskQuerySet
from registry.execution.models.requests import Job, RunRequest
from registry.execution.states import TaskState
from registry.runs.models import CodeRun


class Task(models.Model):
    """The unit that executors are given: one command, what it reads and writes.

    A million of them are ordinary: what changes with each step is in few indexes.
    """

    kind: ClassVar[str] = "task"

    run_request = models.ForeignKey(
        RunRequest,
        on_delete=models.CASCADE,
        # the index below begins with this column
        db_index=False,
        related_name="+",
        help_text="The request that it belongs to.",
    )
    job = models.ForeignKey(
        Job,
        on_delete=models.CASCADE,
        # the constraint below begins with this column
        db_index=False,
        related_name="+",
        help_text="The job that it belongs to.",
    )
    backend = models.ForeignKey(
        Backend,
        null=True,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="+",
        help_text="Where it is to be done; empty for any that may.",
    )
    index = models.PositiveIntegerField(help_text="Its number in the job, from 0.")
    name = models.CharField(
        max_length=validators.SHORT_LENGTH, help_text="Its name in the job."
    )
    external_id = models.CharField(
        max_length=64, null=True, help_text="What another interface calls it."
    )
    state = models.CharField(
        max_length=9,
        choices=TaskState.choices,
        default=TaskState.HELD,
        help_text="What it is doing.",
    )
    reason = models.CharField(
        max_length=40, blank=True, help_text="Why it is in this state, in a word."
    )
    message = models.TextField(
        max_length=validators.LONG_LENGTH,
        blank=True,
        help_text="Why it is in this state, in a sentence.",
    )
    state_changed = models.DateTimeField(
        default=timezone.now, help_text="When its state changed, in UTC."
    )
    needs: models.ManyToManyField[Task, TaskNeed] = models.ManyToManyField(
        "self",
        through="TaskNeed",
        through_fields=("task", "needed"),
        symmetrical=False,
        related_name="needed_by",
        help_text="The tasks that must be done before it.",
    )
    unmet = models.PositiveIntegerField(
        default=0, help_text="How many of the tasks that it needs are not done."
    )
    command = DocumentField(
        shape=shapes.COMMAND, default=list, help_text="The program and its arguments."
    )
    image = models.CharField(
        max_length=validators.SHORT_LENGTH,
        blank=True,
        help_text="The container image with the program, if it has one.",
    )
    environment = DocumentField(
        shape=shapes.ENVIRONMENT,
        default=dict,
        help_text="Variables of its own, beside those of the request.",
    )
    inputs = DocumentField(
        shape=shapes.TASK_INPUTS,
        default=list,
        help_text="Files that it reads, beside the outputs of the tasks that it needs.",
    )
    outputs = DocumentField(
        shape=shapes.OUTPUTS,
        default=list,
        help_text="What it writes: patterns of files, each with its level.",
    )
    cpu = models.FloatField(default=1, help_text="How many processors it needs.")
    gpu = models.FloatField(default=0, help_text="How many graphics processors.")
    memory = models.FloatField(default=1, help_text="How much memory, in GB.")
    disk = models.FloatField(default=1, help_text="How much disk space, in GB.")
    time = models.FloatField(default=8, help_text="How many hours it can take.")
    requirements = DocumentField(
        shape=shapes.REQUIREMENTS,
        default=dict,
        help_text="What else its executor must offer, such as a site.",
    )
    needs_database = models.BooleanField(
        default=False, help_text="Whether it reads the database of the backend."
    )
    priority = models.FloatField(default=0.5, help_text="That of its request.")
    not_before = models.DateTimeField(
        null=True, help_text="When it can be given out, in UTC; empty for at once."
    )
    attempts = models.PositiveIntegerField(
        default=0, help_text="How many attempts there were."
    )
    losses = models.PositiveSmallIntegerField(
        default=0, help_text="How often its executor was lost since it was last reset."
    )
    failures = models.PositiveIntegerField(default=0, help_text="How often it failed.")
    started = models.DateTimeField(
        null=True, help_text="When its latest attempt began to run, in UTC."
    )
    ended = models.DateTimeField(null=True, help_text="When it ended, in UTC.")
    code_run = models.ForeignKey(
        CodeRun,
        null=True,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="+",
        help_text="The code run that it became.",
    )

    objects: ClassVar[TaskQuerySet[Self]] = TaskQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(fields=["run_request", "id"], name="task_by_request"),
            # few tasks of a request; of other states its index finds some soon
            models.Index(
                fields=["run_request", "state", "id"],
                condition=models.Q(state__in=("failed", "leased", "running")),
                name="task_by_rare_state",
            ),
            models.Index(
                fields=["backend", "-priority", "id"],
                condition=models.Q(state=TaskState.READY),
                name="task_ready",
            ),
        )
        constraints = (
            models.UniqueConstraint(fields=["job", "name"], name="task_name_once"),
            models.UniqueConstraint(
                fields=["external_id"],
                condition=models.Q(external_id__isnull=False),
                name="task_external_once",
            ),
            models.UniqueConstraint(
                fields=["code_run"],
                condition=models.Q(code_run__isnull=False),
                name="task_code_run_once",
            ),
        )

    def __str__(self) -> str:
        return f"task {self.name} of run request {self.run_request_id}"


class TaskNeed(models.Model):
    """That a task can begin only when another one is done."""

    task = models.ForeignKey(
        Task,
        on_delete=models.CASCADE,
        # the constraint below begins with this column
        db_index=False,
        related_name="+",
        help_text="The task that waits.",
    )
    needed = models.ForeignKey(
        Task,
        on_delete=models.CASCADE,
        related_name="+",
        help_text="The task that it waits for.",
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["task", "needed"], name="task_need_once"),
            models.CheckConstraint(
                condition=~models.Q(task=models.F("needed")), name="task_needs_other"
            ),
        )

    def __str__(self) -> str:
        return f"task {self.task_id} needs {self.needed_id}"


class TaskCount(models.Model):
    """A change of the number of tasks of a request in a state; their sum is the number.

    Writers append notes and never wait for each other; now and then they are summed.
    """

    run_request = models.ForeignKey(
        RunRequest, on_delete=models.CASCADE, db_index=False, related_name="+"
    )
    name = models.CharField(max_length=validators.SHORT_LENGTH)
    state = models.CharField(max_length=9, choices=TaskState.choices)
    number = models.BigIntegerField()

    class Meta:
        indexes = (
            models.Index(fields=["run_request", "state", "name"], name="task_counted"),
        )

    def __str__(self) -> str:
        return f"{self.number:+} {self.state} of run request {self.run_request_id}"
