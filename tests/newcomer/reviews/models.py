"""Guidelines, which are entities, and reviews, which are activities."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from registry.catalogue.models import Object
from registry.core import validators
from registry.core.models import Record


class Guideline(Record):
    """What a review goes by."""

    kind: ClassVar[str] = "guideline"

    title = models.CharField(
        max_length=validators.SHORT_LENGTH,
        unique=True,
        validators=[validators.validate_index_size],
        help_text="Title of the guideline.",
    )
    uuid = models.UUIDField(
        default=uuid.uuid4, unique=True, help_text="UUID of the record."
    )

    class Meta(Record.Meta):
        verbose_name = "guideline"


class Review(Record):
    """A review of an object."""

    kind: ClassVar[str] = "review"

    reviewed = models.ForeignKey(
        Object,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The object that was reviewed.",
    )
    guideline = models.ForeignKey(
        Guideline,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The guideline of the review.",
    )
    report = models.ForeignKey(
        Object,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The report of the review.",
    )
    verdict = models.CharField(
        max_length=validators.SHORT_LENGTH, help_text="What came of the review."
    )
    began = models.DateTimeField(help_text="When it began, in UTC.")
    uuid = models.UUIDField(
        default=uuid.uuid4, unique=True, help_text="UUID of the record."
    )

    class Meta(Record.Meta):
        verbose_name = "review"
