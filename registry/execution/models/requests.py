"""Run requests and their jobs: what somebody asked for."""

from __future__ import annotations

import uuid
from typing import ClassVar, Self

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils import timezone

from registry.catalogue.models import Object
from registry.core import validators
from registry.core.documents import DocumentField
from registry.core.models import Record, order_indexes
from registry.core.texts import shorten_text
from registry.execution.models import shapes
from registry.execution.models.backends import Backend
from registry.execution.models.querysets import JobQuerySet
from registry.execution.states import WorkState
from registry.runs.models import CodeRun

_COMMIT = RegexValidator(
    r"\A[0-9a-f]{40}\Z", "Give the whole commit: 40 digits 0 to 9 and a to f."
)
#: The most jobs of a request.
MAX_JOBS = 1_000_000


class Form(models.TextChoices):
    """Which interface a request came by."""

    NATIVE = "native", "the registry's own"
    RAP = "rap", "the OpenSAFELY RAP API"
    ICEPROD = "iceprod", "IceProd"


class OnFailedNeed(models.TextChoices):
    """What becomes of the tasks that need one that failed."""

    FAIL = "fail", "they fail too"
    HOLD = "hold", "they are held until it is reset"


class Provenance(models.TextChoices):
    """How finished tasks are recorded."""

    EACH = "each", "each task as a code run"
    REQUEST = "request", "the whole request as one code run"


class RunRequest(Record):
    """What somebody asked to be run: actions of a project, or tasks of their own."""

    kind: ClassVar[str] = "run_request"

    description = models.CharField(
        max_length=validators.SHORT_LENGTH, help_text="What the request is for."
    )
    backend = models.ForeignKey(
        Backend,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        # the index below begins with this column
        db_index=False,
        related_name="run_requests",
        help_text="Where the work is to be done; empty for any backend on which you "
        "can ask for runs.",
    )
    repo_url = models.CharField(
        max_length=validators.SHORT_LENGTH,
        null=True,
        blank=True,
        help_text="Address of the git repository with the code.",
    )
    branch = models.CharField(
        max_length=validators.SHORT_LENGTH,
        null=True,
        blank=True,
        help_text="The branch that the commit is on; empty for any.",
    )
    commit = models.CharField(
        max_length=40,
        null=True,
        blank=True,
        validators=[_COMMIT],
        help_text="The commit of the code.",
    )
    requested_actions = DocumentField(
        shape=shapes.ACTIONS,
        default=list,
        blank=True,
        help_text="Names of actions in `project.yaml` at the commit; what they need is "
        "run as well. `run_all` stands for all of them.",
    )
    tasks = DocumentField(
        shape=shapes.TASKS,
        default=list,
        blank=True,
        help_text="What is to be run, instead of actions of a project file.",
    )
    jobs = models.PositiveIntegerField(
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_JOBS)],
        help_text="How many times all of the tasks are run; each has its number in the "
        "variable JOB_INDEX.",
    )
    environment = DocumentField(
        shape=shapes.ENVIRONMENT,
        default=dict,
        blank=True,
        help_text="Variables that all of the tasks have.",
    )
    publish = DocumentField(
        shape=shapes.PUBLISH,
        default=list,
        blank=True,
        help_text="Which outputs become data products: `task`, `output`, `namespace`, "
        "`name`, and a `version` unless the next free one will do.",
    )
    priority = models.FloatField(
        default=0.5,
        validators=[MinValueValidator(0), MaxValueValidator(1)],
        help_text="From 0 to 1; tasks of a higher priority are given out first.",
    )
    on_failed_need = models.CharField(
        max_length=4,
        choices=OnFailedNeed.choices,
        default=OnFailedNeed.HOLD,
        help_text="What becomes of the tasks that need one that failed.",
    )
    max_losses = models.PositiveSmallIntegerField(
        default=3,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text="With how many lost executors a task fails.",
    )
    provenance = models.CharField(
        max_length=7,
        choices=Provenance.choices,
        default=Provenance.EACH,
        help_text="What is recorded as a code run.",
    )
    record_failures = models.BooleanField(
        default=False, help_text="Whether failed tasks become code runs too."
    )
    form = models.CharField(
        max_length=7,
        choices=Form.choices,
        default=Form.NATIVE,
        editable=False,
        help_text="The interface that the request came by.",
    )
    external_id = models.CharField(
        max_length=64,
        null=True,
        editable=False,
        help_text="What that interface calls it.",
    )
    rerun_of = models.ForeignKey(
        CodeRun,
        null=True,
        editable=False,
        on_delete=models.PROTECT,
        # the index below begins with this column
        db_index=False,
        related_name="reruns_asked",
        help_text="The code run that is run again, to verify it.",
    )
    code = models.ForeignKey(
        Object,
        null=True,
        editable=False,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="+",
        help_text="The commit as an object.",
    )
    config = models.ForeignKey(
        Object,
        null=True,
        editable=False,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="+",
        help_text="The project file, or what stands for it, as an object.",
    )
    code_run = models.OneToOneField(
        CodeRun,
        null=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="run_request",
        help_text="The code run that the whole request became.",
    )
    state = models.CharField(
        max_length=10,
        choices=WorkState.choices,
        default=WorkState.PROCESSING,
        editable=False,
        help_text="What is going on.",
    )
    state_changed = models.DateTimeField(
        default=timezone.now,
        editable=False,
        help_text="When its state changed, in UTC.",
    )
    jobs_made = models.PositiveIntegerField(
        default=1,
        editable=False,
        help_text="How many of its jobs have their tasks; the rest follows.",
    )
    counts_names = models.BooleanField(
        default=False,
        editable=False,
        help_text="Whether its tasks are counted by name, as of many jobs they are.",
    )
    uuid = models.UUIDField(
        default=uuid.uuid4, unique=True, help_text="UUID of the request."
    )

    class Meta(Record.Meta):
        verbose_name = "run request"
        indexes = (
            *order_indexes("request", "state", "state_changed"),
            models.Index(fields=["backend", "id"], name="request_by_backend"),
            models.Index(fields=["rerun_of", "id"], name="request_by_rerun"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["form", "external_id"], name="request_external_once"
            ),
        )

    def __str__(self) -> str:
        return f"run request {self.pk}: {shorten_text(self.description)}"


class Job(models.Model):
    """One round of the tasks of a request; most requests have a single one."""

    kind: ClassVar[str] = "job"

    run_request = models.ForeignKey(
        RunRequest,
        on_delete=models.CASCADE,
        # the constraint below begins with this column
        db_index=False,
        related_name="+",
        help_text="The request that it belongs to.",
    )
    index = models.PositiveIntegerField(help_text="Its number in the request, from 0.")
    external_id = models.CharField(
        max_length=64, null=True, help_text="What another interface calls it."
    )
    state = models.CharField(
        max_length=10,
        choices=WorkState.choices,
        default=WorkState.PROCESSING,
        help_text="What is going on.",
    )
    state_changed = models.DateTimeField(
        default=timezone.now, help_text="When its state changed, in UTC."
    )

    objects: ClassVar[JobQuerySet[Self]] = JobQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=["run_request", "index"], name="job_index_once"
            ),
            models.UniqueConstraint(
                fields=["external_id"],
                condition=models.Q(external_id__isnull=False),
                name="job_external_once",
            ),
        )

    def __str__(self) -> str:
        return f"job {self.index} of run request {self.run_request_id}"
