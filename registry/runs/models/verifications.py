"""Whether a code run gave the same outputs when it was run again."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from registry.runs.models.code_runs import CodeRun


class Outcome(models.TextChoices):
    """What came of running a code run again."""

    REPRODUCED = "reproduced", "reproduced: all outputs are the same"
    PARTLY = "partly", "reproduced but for some outputs"
    NOT_REPRODUCED = "not", "not reproduced"
    FAILED = "failed", "the second run failed"
    UNKNOWN = "unknown", "no output could be compared"


class Verification(models.Model):
    """That a code run was run again, and how the outputs compare, by checksum."""

    kind: ClassVar[str] = "verification"

    code_run = models.ForeignKey(
        CodeRun,
        on_delete=models.CASCADE,
        related_name="verifications",
        help_text="The code run that was run again.",
    )
    rerun = models.OneToOneField(
        CodeRun,
        on_delete=models.CASCADE,
        related_name="verifies",
        help_text="The code run that did the same again.",
    )
    outcome = models.CharField(
        max_length=10, choices=Outcome.choices, help_text="What came of it."
    )
    compared = models.PositiveIntegerField(
        help_text="How many outputs could be compared."
    )
    differences = models.JSONField(
        default=list,
        help_text="The outputs that differ: `path`, and the SHA-1 `first` and `again`, "
        "null where there was no such output or no checksum.",
    )
    at = models.DateTimeField(default=timezone.now, help_text="When, in UTC.")

    class Meta:
        ordering = ("-id",)
        indexes = (models.Index(fields=["code_run", "outcome"], name="verified_as"),)

    def __str__(self) -> str:
        return f"code run {self.code_run_id}: {self.get_outcome_display()}"
