"""Code runs: the activities of the provenance graph."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models

from registry.catalogue.models import Object, ObjectComponent
from registry.core import validators
from registry.core.limits import Limit
from registry.core.models import NewValueRules, Record, order_indexes
from registry.core.texts import shorten_text


class CodeRun(Record):
    """One execution of code: its inputs and outputs, when it ran and how."""

    kind: ClassVar[str] = "code_run"
    new_value_rules: ClassVar[NewValueRules] = {
        "run_date": validators.validate_past,
        "end_date": validators.validate_past,
    }
    limits: ClassVar[tuple[Limit, ...]] = (
        Limit("inputs", "RUN_LINKS"),
        Limit("outputs", "RUN_LINKS"),
    )

    run_date = models.DateTimeField(help_text="When the run began, in UTC.")
    end_date = models.DateTimeField(
        null=True, blank=True, help_text="When the run ended, in UTC."
    )
    description = models.CharField(
        max_length=validators.SHORT_LENGTH, help_text="Description of the run."
    )
    code_repo = models.ForeignKey(
        Object,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        # the index below begins with this column
        db_index=False,
        related_name="code_repo_of",
        help_text="The object that is the code repository.",
    )
    model_config = models.ForeignKey(
        Object,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        # the index below begins with this column
        db_index=False,
        related_name="config_of",
        help_text="The object that is the configuration of the run.",
    )
    submission_script = models.ForeignKey(
        Object,
        null=True,
        on_delete=models.PROTECT,
        # the index below begins with this column
        db_index=False,
        related_name="submission_script_of",
        help_text="The object that is the script that started the run.",
    )
    inputs = models.ManyToManyField(
        ObjectComponent,
        blank=True,
        related_name="inputs_of",
        help_text="The components that the run read.",
    )
    outputs = models.ManyToManyField(
        ObjectComponent,
        blank=True,
        related_name="outputs_of",
        help_text="The components that the run wrote.",
    )
    failed = models.BooleanField(
        default=False,
        # for those who insert rows by SQL
        db_default=False,
        help_text="Whether the run failed: what did not work is known.",
    )
    uuid = models.UUIDField(
        default=uuid.uuid4, unique=True, help_text="UUID of the run."
    )

    class Meta(Record.Meta):
        verbose_name = "code run"
        # an object's runs in order, to select the first of very many
        indexes = (
            *order_indexes("code_run", "run_date", "end_date", "failed"),
            models.Index(fields=["code_repo", "id"], name="code_run_by_repo"),
            models.Index(fields=["model_config", "id"], name="code_run_by_config"),
            models.Index(fields=["submission_script", "id"], name="code_run_by_script"),
        )
        constraints = (
            models.CheckConstraint(
                condition=models.Q(end_date__isnull=True)
                | models.Q(end_date__gte=models.F("run_date")),
                name="code_run_ends_after_start",
            ),
        )

    def __str__(self) -> str:
        return f"code run {self.pk}: {shorten_text(self.description)}"

    def clean(self) -> None:
        """Require that the run ends after it starts."""
        if self.end_date is not None and self.end_date < self.run_date:
            raise ValidationError(
                {"end_date": ["A run cannot end before its run_date."]}
            )
