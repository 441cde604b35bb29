"""Templates: the inputs, outputs and annotations that runs of a model have."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.db import models

from registry.catalogue.models import ResearchModel
from registry.core import validators
from registry.core.documents import DocumentField
from registry.core.limits import Limit
from registry.core.models import NewValueRules, Record, order_indexes
from registry.core.visible_names import validate_visible_name
from registry.runs.models import shapes


class Template(models.Model):
    """The base of templates: a name, a description, and versions that follow others."""

    new_value_rules: ClassVar[NewValueRules] = {"name": validate_visible_name}

    name = models.CharField(
        max_length=validators.SHORT_LENGTH,
        validators=[validators.validate_index_size],
        help_text="Name of the template.",
    )
    description = models.TextField(
        max_length=validators.LONG_LENGTH,
        null=True,
        blank=True,
        help_text="What the template is for.",
    )
    version = models.PositiveIntegerField(
        default=1,
        editable=False,
        help_text="Number of the version: 1, or one more than that of the template "
        "which this one replaces.",
    )

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name if self.version == 1 else f"{self.name} (v{self.version})"


def replaces_field() -> Any:
    """Return the link from a version of a template to the one before it."""
    return models.OneToOneField(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="replaced_by",
        help_text="The template that this one is the next version of.",
    )


def uuid_field() -> Any:
    """Return the UUID of a template."""
    return models.UUIDField(
        default=uuid.uuid4, unique=True, help_text="UUID of the template."
    )


class DatasetTemplate(Template, Record):
    """What a dataset that a run reads or writes consists of."""

    kind: ClassVar[str] = "dataset_template"

    defined_resources = DocumentField(
        shape=shapes.DEFINED,
        default=list,
        blank=True,
        help_text="Files and folders that are at the same path in every such dataset: "
        "`path`, `description`, `usage_type`, and if need be `optional`, `is_folder` "
        "and `additional_metadata`.",
    )
    deferred_resources = DocumentField(
        shape=shapes.DEFERRED,
        default=list,
        blank=True,
        help_text="Files and folders whose path each run gives, under this `key`; "
        "otherwise the same as the defined ones.",
    )
    replaces = replaces_field()
    uuid = uuid_field()

    class Meta(Record.Meta):
        verbose_name = "dataset template"
        indexes = order_indexes("dataset_template", "name", "version")


class WorkflowTemplate(Template, Record):
    """The inputs, outputs and annotations that runs of a model have."""

    kind: ClassVar[str] = "workflow_template"
    limits: ClassVar[tuple[Limit, ...]] = tuple(
        Limit(f"{need}_{direction}", "ANNOTATIONS")
        for need in ("required", "optional")
        for direction in ("inputs", "outputs")
    )

    model = models.ForeignKey(
        ResearchModel,
        on_delete=models.PROTECT,
        # the index below begins with this column
        db_index=False,
        related_name="workflow_templates",
        help_text="The model that is run.",
    )
    required_inputs = models.ManyToManyField(
        DatasetTemplate,
        blank=True,
        related_name="required_input_of",
        help_text="The templates for which each run reads a dataset.",
    )
    optional_inputs = models.ManyToManyField(
        DatasetTemplate,
        blank=True,
        related_name="optional_input_of",
        help_text="The templates for which a run can read a dataset.",
    )
    required_outputs = models.ManyToManyField(
        DatasetTemplate,
        blank=True,
        related_name="required_output_of",
        help_text="The templates for which each run writes a dataset.",
    )
    optional_outputs = models.ManyToManyField(
        DatasetTemplate,
        blank=True,
        related_name="optional_output_of",
        help_text="The templates for which a run can write a dataset.",
    )
    required_annotations = DocumentField(
        shape=shapes.NAMES,
        default=list,
        blank=True,
        help_text="Names of the annotations that each run must have, such as `RCP`.",
    )
    optional_annotations = DocumentField(
        shape=shapes.NAMES,
        default=list,
        blank=True,
        help_text="Names of annotations that a run can have; it can have others too.",
    )
    replaces = replaces_field()
    uuid = uuid_field()

    class Meta(Record.Meta):
        verbose_name = "workflow template"
        indexes = (
            *order_indexes("workflow_template", "name", "version"),
            models.Index(fields=["model", "id"], name="workflow_template_by_model"),
        )
