"""Guidelines, which are entities, and reviews, which are activities."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from registry.catalogue.models import Object
from registry.core.models import Record


class Guideline(Record):
    """What a review goes by."""

    kind: ClassVar[str] = "guideline"

    title = models.CharField(max_length=100, help_text="Title of the guideline.")
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, help_text="Its UUID.")

    class Meta(Record.Meta):
        verbose_name = "guideline"


class Review(Record):
    """A review of an object."""

    kind: ClassVar[str] = "review"

    reviewed = models.ForeignKey(
        Object, on_delete=models.PROTECT, related_name="+", help_text="What was read."
    )
    guideline = models.ForeignKey(
        Guideline, on_delete=models.PROTECT, related_name="+", help_text="By what."
    )
    report = models.ForeignKey(
        Object,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="What was written.",
    )
    verdict = models.CharField(max_length=100, help_text="What came out.")
    began = models.DateTimeField(help_text="When it began, in UTC.")
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, help_text="Its UUID.")

    class Meta(Record.Meta):
        verbose_name = "review"
