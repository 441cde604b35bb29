"""Quality issues, and marks of quality control."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.core.validators import MaxValueValidator
from django.db import models

from registry.catalogue.models.objects import Object
from registry.core import validators
from registry.core.limits import Limit
from registry.core.models import Record, order_indexes
from registry.core.texts import shorten_text


class Issue(Record):
    """A quality issue with one or more components of objects."""

    kind: ClassVar[str] = "issue"
    reverse_lists: ClassVar[tuple[str, ...]] = ("component_issues",)
    limits: ClassVar[tuple[Limit, ...]] = (
        Limit("component_issues", "ANNOTATIONS", both_ways=True),
    )

    severity = models.PositiveSmallIntegerField(
        default=1,
        # SQLite would accept larger numbers, PostgreSQL does not
        validators=[MaxValueValidator(2**15 - 1)],
        help_text="Severity: 0 is a remark, a larger number is worse.",
    )
    description = models.TextField(
        max_length=validators.LONG_LENGTH, help_text="Description of the problem."
    )
    uuid = models.UUIDField(
        default=uuid.uuid4, unique=True, help_text="UUID of the issue."
    )

    class Meta(Record.Meta):
        indexes = order_indexes("issue", "severity")

    def __str__(self) -> str:
        return shorten_text(self.description)


class QualityControlled(Record):
    """A mark that an object was quality controlled, with the document about it."""

    kind: ClassVar[str] = "quality_controlled"

    object = models.OneToOneField(
        Object,
        on_delete=models.PROTECT,
        related_name="quality_control",
        help_text="The object that was quality controlled.",
    )
    document = models.ForeignKey(
        Object,
        on_delete=models.PROTECT,
        # the index below begins with this column
        db_index=False,
        related_name="quality_control_of",
        help_text="The object that documents the quality control.",
    )

    class Meta(Record.Meta):
        verbose_name = "quality control"
        verbose_name_plural = "quality controlled"
        indexes = (
            *order_indexes("quality"),
            models.Index(fields=["document", "id"], name="quality_by_document"),
        )

    def __str__(self) -> str:
        return f"quality control of object {self.object_id}"
