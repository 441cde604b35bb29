"""The attempts of executors to do tasks, with their logs and outputs."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from registry.catalogue.models import Object
from registry.core import validators
from registry.core.documents import DocumentField
from registry.execution.models import shapes
from registry.execution.models.backends import Backend
from registry.execution.models.tasks import Task
from registry.runs.models import CodeRun


class AttemptState(models.TextChoices):
    """How an attempt goes, or went."""

    OPEN = "open", "open"
    DONE = "done", "done"
    FAILED = "failed", "failed"
    LOST = "lost", "lost: its executor did not answer any more"
    STOPPED = "stopped", "stopped: somebody suspended, reset or cancelled the task"
    RETURNED = "returned", "returned by its executor"


class Attempt(models.Model):
    """One attempt of an executor to do a task; its lease ends unless it is renewed."""

    kind: ClassVar[str] = "attempt"

    task = models.ForeignKey(
        Task,
        on_delete=models.CASCADE,
        # the constraint below begins with this column
        db_index=False,
        related_name="+",
        help_text="The task.",
    )
    number = models.PositiveIntegerField(help_text="Its number, from 1.")
    lease = models.UUIDField(
        default=uuid.uuid4, unique=True, help_text="What its executor names it by."
    )
    batch = models.CharField(
        max_length=32, blank=True, help_text="What its interface names it by."
    )
    backend = models.ForeignKey(
        Backend,
        on_delete=models.PROTECT,
        # the index below begins with this column
        db_index=False,
        related_name="+",
        help_text="Where it is made.",
    )
    executor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="+",
        help_text="The account of the executor.",
    )
    host = models.CharField(
        max_length=validators.SHORT_LENGTH,
        blank=True,
        help_text="The machine, as its executor names it.",
    )
    state = models.CharField(
        max_length=8,
        choices=AttemptState.choices,
        default=AttemptState.OPEN,
        help_text="How it goes, or went.",
    )
    stage = models.CharField(
        max_length=40, blank=True, help_text="What its executor does with it now."
    )
    leased_at = models.DateTimeField(
        default=timezone.now, help_text="When its executor got it, in UTC."
    )
    leased_until = models.DateTimeField(
        help_text="When it counts as lost, in UTC, unless its executor is heard of."
    )
    started = models.DateTimeField(null=True, help_text="When it began to run, in UTC.")
    ended = models.DateTimeField(null=True, help_text="When it ended, in UTC.")
    exit_code = models.IntegerField(
        null=True, help_text="The exit code of the command."
    )
    error = models.TextField(
        max_length=validators.LONG_LENGTH, blank=True, help_text="Why it failed."
    )
    usage = DocumentField(
        shape=shapes.USAGE,
        default=dict,
        help_text="What it used: `seconds`, `cpu_seconds`, `memory` in bytes.",
    )

    code_run = models.ForeignKey(
        CodeRun,
        null=True,
        on_delete=models.PROTECT,
        # the constraint below is an index
        db_index=False,
        related_name="+",
        help_text="The code run that it became.",
    )

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(
                fields=["leased_until"],
                condition=models.Q(ended__isnull=True),
                name="attempt_open",
            ),
            models.Index(
                fields=["backend", "id"],
                condition=models.Q(ended__isnull=True),
                name="attempt_open_here",
            ),
            models.Index(fields=["backend", "leased_at"], name="attempt_by_time"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["task", "number"], name="attempt_number_once"
            ),
            models.UniqueConstraint(
                fields=["code_run"],
                condition=models.Q(code_run__isnull=False),
                name="attempt_code_run_once",
            ),
            models.UniqueConstraint(
                fields=["task"],
                condition=models.Q(ended__isnull=True),
                name="attempt_open_once",
            ),
            models.CheckConstraint(
                condition=models.Q(ended__isnull=True, state=AttemptState.OPEN)
                | (models.Q(ended__isnull=False) & ~models.Q(state=AttemptState.OPEN)),
                name="attempt_open_until_end",
            ),
        )

    def __str__(self) -> str:
        return f"attempt {self.number} of task {self.task_id}"


class AttemptLog(models.Model):
    """The last part of what an attempt has written, and where in the log it begins."""

    attempt = models.OneToOneField(
        Attempt,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="log",
        help_text="The attempt.",
    )
    offset = models.BigIntegerField(
        default=0, help_text="How many bytes of the log come before the text."
    )
    text = models.TextField(blank=True, help_text="The last part of the log.")
    at = models.DateTimeField(
        default=timezone.now, help_text="When it last grew, in UTC."
    )

    def __str__(self) -> str:
        return f"log of attempt {self.attempt_id}"


class AttemptOutput(models.Model):
    """A file that an attempt wrote.

    Of highly sensitive ones the registry knows the level and the size alone.
    """

    attempt = models.ForeignKey(
        Attempt,
        on_delete=models.CASCADE,
        related_name="outputs",
        help_text="The attempt.",
    )
    name = models.CharField(
        max_length=validators.SHORT_LENGTH,
        blank=True,
        help_text="The name of the output that it is a file of.",
    )
    level = models.CharField(max_length=20, help_text="How sensitive it is.")
    path = models.CharField(
        max_length=validators.PATH_LENGTH,
        blank=True,
        help_text="Its path in the folder of the task.",
    )
    size = models.BigIntegerField(help_text="Its size, in bytes.")
    sha1 = models.CharField(
        max_length=40, blank=True, help_text="The SHA-1 of its bytes."
    )
    is_stored = models.BooleanField(
        default=False, help_text="Whether the registry holds it."
    )
    object = models.ForeignKey(
        Object,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The object that it became.",
    )

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.path or self.level} of attempt {self.attempt_id}"
