"""Organisations, models and studies: what people agree to run, and for whom."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.db import models

from registry.catalogue.models.labels import CodeRepoRelease
from registry.catalogue.rors import spellings_of_ror, validate_ror
from registry.core import validators
from registry.core.limits import Limit
from registry.core.models import NewValueRules, Record, order_indexes
from registry.core.visible_names import validate_visible, validate_visible_name


class Organisation(Record):
    """An organisation that does research, or asks for it."""

    kind: ClassVar[str] = "organisation"
    spellings: ClassVar[Any] = {"ror": spellings_of_ror}
    new_value_rules: ClassVar[NewValueRules] = {
        "name": validate_visible_name,
        "ror": validate_ror,
    }

    name = models.CharField(
        max_length=validators.SHORT_LENGTH,
        db_index=True,
        validators=[validators.validate_index_size],
        help_text="Name of the organisation.",
    )
    ror = models.URLField(
        max_length=validators.SHORT_LENGTH,
        null=True,
        blank=True,
        unique=True,
        validators=[validators.validate_index_size],
        help_text="URL of its id in the Research Organization Registry, such as "
        "https://ror.org/057xz1h85.",
    )
    uuid = models.UUIDField(
        default=uuid.uuid4, unique=True, help_text="UUID of the organisation."
    )

    class Meta(Record.Meta):
        indexes = order_indexes("organisation", "name")

    def __str__(self) -> str:
        return self.name


class ResearchModel(Record):
    """Software that simulates or predicts something, over all its versions."""

    kind: ClassVar[str] = "model"
    new_value_rules: ClassVar[NewValueRules] = {"name": validate_visible_name}
    limits: ClassVar[tuple[Limit, ...]] = (Limit("releases", "ANNOTATIONS"),)

    name = models.CharField(
        max_length=validators.SHORT_LENGTH,
        db_index=True,
        validators=[validators.validate_index_size],
        help_text="Name of the model.",
    )
    description = models.TextField(
        max_length=validators.LONG_LENGTH,
        null=True,
        blank=True,
        help_text="What the model simulates, and how.",
    )
    documentation_url = models.URLField(
        max_length=validators.SHORT_LENGTH,
        null=True,
        blank=True,
        help_text="Web page of its documentation.",
    )
    source_url = models.URLField(
        max_length=validators.SHORT_LENGTH,
        null=True,
        blank=True,
        help_text="Web page of its source code.",
    )
    releases = models.ManyToManyField(
        CodeRepoRelease,
        blank=True,
        related_name="models",
        help_text="The code repository releases that are versions of the model.",
    )
    uuid = models.UUIDField(
        default=uuid.uuid4, unique=True, help_text="UUID of the model."
    )

    class Meta(Record.Meta):
        verbose_name = "model"
        indexes = order_indexes("model", "name")

    def __str__(self) -> str:
        return self.name


class Study(Record):
    """A study: the question that a group of runs is made for."""

    kind: ClassVar[str] = "study"
    new_value_rules: ClassVar[NewValueRules] = {"title": validate_visible}

    title = models.CharField(
        max_length=validators.SHORT_LENGTH,
        db_index=True,
        validators=[validators.validate_index_size],
        help_text="Title of the study.",
    )
    description = models.TextField(
        max_length=validators.LONG_LENGTH,
        null=True,
        blank=True,
        help_text="What the study asks, and how it goes about it.",
    )
    alternative_id = models.CharField(
        max_length=validators.SHORT_LENGTH,
        null=True,
        blank=True,
        db_index=True,
        validators=[validators.validate_index_size],
        help_text="What the study is called elsewhere, such as its number in a "
        "register of studies.",
    )
    uuid = models.UUIDField(
        default=uuid.uuid4, unique=True, help_text="UUID of the study."
    )

    class Meta(Record.Meta):
        verbose_name_plural = "studies"
        indexes = order_indexes("study", "title", "alternative_id")

    def __str__(self) -> str:
        return self.title
