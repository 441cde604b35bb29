"""Model runs: code runs whose records follow a workflow template."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from registry.catalogue.models import Author, Object, Organisation, Study
from registry.core import validators
from registry.core.documents import DocumentField
from registry.core.models import NewValueRules, Record, order_indexes
from registry.core.texts import shorten_text
from registry.core.visible_names import validate_visible
from registry.runs.models import shapes
from registry.runs.models.code_runs import CodeRun
from registry.runs.models.templates import WorkflowTemplate


class ModelRun(Record):
    """The record of a run of a model, in the form that its template asks for.

    The run itself is the code run, which lineages, PROV and crates show.
    """

    kind: ClassVar[str] = "model_run"
    new_value_rules: ClassVar[NewValueRules] = {
        "display_name": validate_visible,
        "start_time": validators.validate_past,
        "end_time": validators.validate_past,
    }

    code_run = models.OneToOneField(
        CodeRun,
        on_delete=models.PROTECT,
        related_name="model_run",
        editable=False,
        help_text="The code run that it is in lineages.",
    )
    workflow_template = models.ForeignKey(
        WorkflowTemplate,
        on_delete=models.PROTECT,
        # the index below begins with this column
        db_index=False,
        related_name="model_runs",
        help_text="The workflow template that the record follows.",
    )
    model_version = models.CharField(
        max_length=validators.SHORT_LENGTH,
        null=True,
        blank=True,
        validators=[validators.validate_index_size],
        help_text="The version of the model. If the model has a release of this "
        "version, that is the code of the run.",
    )
    display_name = models.CharField(
        max_length=validators.SHORT_LENGTH,
        blank=True,
        db_index=True,
        validators=[validators.validate_index_size],
        help_text="Name of the run; without one, the beginning of its description.",
    )
    description = models.TextField(
        max_length=validators.LONG_LENGTH, help_text="Description of the run."
    )
    study = models.ForeignKey(
        Study,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="model_runs",
        help_text="The study that the run was made for.",
    )
    modeller = models.ForeignKey(
        Author,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="model_runs",
        help_text="The person who ran the model.",
    )
    requesting_organisation = models.ForeignKey(
        Organisation,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="model_runs",
        help_text="The organisation that asked for the run.",
    )
    model_config = models.ForeignKey(
        Object,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The object that is the configuration of the run, if it is no "
        "resource of a dataset.",
    )
    submission_script = models.ForeignKey(
        Object,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The object that is the script that started the run.",
    )
    start_time = models.DateTimeField(
        help_text="When the run began: in UTC, or in seconds since 1970."
    )
    end_time = models.DateTimeField(
        help_text="When the run ended: in UTC, or in seconds since 1970."
    )
    inputs = DocumentField(
        shape=shapes.DATASETS,
        default=list,
        help_text="The datasets that the run read: for each the `dataset_template`, "
        "the `dataset` (a data product), in `resources` the path of each deferred "
        "resource by its key, and in `components` the names of the components that "
        "were read, if it was not all of it.",
    )
    outputs = DocumentField(
        shape=shapes.DATASETS,
        default=list,
        help_text="The datasets that the run wrote, in the same form.",
    )
    annotations = DocumentField(
        shape=shapes.ANNOTATIONS,
        default=dict,
        blank=True,
        help_text="Annotations of the run: texts by their names.",
    )
    fingerprint = models.CharField(
        max_length=64,
        unique=True,
        editable=False,
        help_text="SHA-256 of the content: no two records have the same.",
    )
    uuid = models.UUIDField(
        default=uuid.uuid4, unique=True, help_text="UUID of the run and its code run."
    )

    class Meta(Record.Meta):
        verbose_name = "model run"
        indexes = (
            *order_indexes("model_run", "display_name", "start_time", "end_time"),
            models.Index(fields=["workflow_template", "id"], name="model_run_by_form"),
            models.Index(fields=["study", "id"], name="model_run_by_study"),
            models.Index(fields=["modeller", "id"], name="model_run_by_modeller"),
            models.Index(
                fields=["requesting_organisation", "id"], name="model_run_by_request"
            ),
        )
        constraints = (
            models.CheckConstraint(
                condition=models.Q(end_time__gte=models.F("start_time")),
                name="model_run_ends_after_start",
            ),
        )

    def __str__(self) -> str:
        return shorten_text(self.display_name, 120)


class EarlierContent(models.Model):
    """The content of a model run before a correction, by its fingerprint.

    So a record, or a sheet, that is sent again after a correction finds its run.
    """

    model_run = models.ForeignKey(
        ModelRun,
        on_delete=models.CASCADE,
        related_name="earlier_contents",
        help_text="The model run that had this content.",
    )
    fingerprint = models.CharField(
        max_length=64, unique=True, help_text="The fingerprint that it had."
    )

    def __str__(self) -> str:
        return f"model run {self.model_run_id} was {self.fingerprint[:8]}"


class RunAnnotation(models.Model):
    """One annotation of a model run, in an index to look for, order by and compare.

    The record itself has all of them; services keep the two the same.
    """

    model_run = models.ForeignKey(
        ModelRun,
        on_delete=models.CASCADE,
        # the constraint below begins with this column
        db_index=False,
        related_name="annotation_index",
        help_text="The model run with this annotation.",
    )
    key = models.CharField(
        max_length=shapes.KEY_LENGTH, help_text="Name of the annotation."
    )
    text = models.CharField(
        max_length=shapes.INDEXED_LENGTH,
        help_text="The text; of a long one the beginning, and a digest of it.",
    )
    number = models.FloatField(
        null=True, help_text="The same as a number; null if it is none."
    )

    class Meta:
        indexes = (
            models.Index(
                fields=["key", "number", "model_run"], name="annotation_number"
            ),
            models.Index(fields=["key", "text", "model_run"], name="annotation_text"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["model_run", "key"], name="annotation_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.key} = {self.text}"
