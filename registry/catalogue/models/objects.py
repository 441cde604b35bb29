"""Objects, their components and file types."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from registry.catalogue.models.people import Author
from registry.catalogue.models.places import StorageLocation
from registry.core import validators
from registry.core.limits import Limit
from registry.core.models import NewValueRules, Record, order_indexes
from registry.core.texts import shorten_text
from registry.core.visible_names import validate_exact_name

#: The name of the component that stands for a whole object.
WHOLE_OBJECT = "whole_object"


class FileType(Record):
    """A file format: its name and file name extension."""

    kind: ClassVar[str] = "file_type"
    new_value_rules: ClassVar[NewValueRules] = {
        "name": validate_exact_name,
        "extension": validate_exact_name,
    }

    name = models.CharField(
        max_length=validators.SHORT_LENGTH,
        validators=[validators.validate_index_size],
        help_text="Name of the format, such as Comma-separated values.",
    )
    extension = models.CharField(
        max_length=validators.SHORT_LENGTH,
        validators=[validators.validate_index_size],
        help_text="Ending of file names in this format, without the dot: csv.",
    )

    class Meta(Record.Meta):
        verbose_name = "file type"
        indexes = order_indexes("file_type", "extension")
        constraints = (
            models.UniqueConstraint(
                fields=["name", "extension"], name="file_type_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} (.{self.extension})"


class Object(Record):
    """A file, a folder or another thing that code runs read and write."""

    kind: ClassVar[str] = "object"
    limits: ClassVar[tuple[Limit, ...]] = (Limit("authors", "ANNOTATIONS"),)

    storage_location = models.ForeignKey(
        StorageLocation,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        # the index below begins with this column
        db_index=False,
        related_name="objects_here",
        help_text="Where the object is stored. Once set, it cannot be changed.",
    )
    description = models.TextField(
        max_length=validators.LONG_LENGTH,
        null=True,
        blank=True,
        help_text="Description of the object.",
    )
    file_type = models.ForeignKey(
        FileType,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        # the index below begins with this column
        db_index=False,
        related_name="objects_of_type",
        help_text="The object's file format.",
    )
    authors = models.ManyToManyField(
        Author,
        blank=True,
        related_name="objects_made",
        help_text="Who made the object.",
    )
    uuid = models.UUIDField(
        default=uuid.uuid4, unique=True, help_text="UUID of the object."
    )

    class Meta(Record.Meta):
        indexes = (
            *order_indexes("object"),
            models.Index(fields=["storage_location", "id"], name="object_by_location"),
            models.Index(fields=["file_type", "id"], name="object_by_file_type"),
        )

    def __str__(self) -> str:
        return f"object {self.pk}: {shorten_text(self.description)}"


class ObjectComponent(Record):
    """A named part of an object, such as a table in a file.

    Code runs read and write components. Every object has the component
    ``whole_object``, which stands for all of it.
    """

    kind: ClassVar[str] = "object_component"
    new_value_rules: ClassVar[NewValueRules] = {"name": validate_exact_name}
    limits: ClassVar[tuple[Limit, ...]] = (
        Limit("object", "COMPONENTS"),
        Limit("issues", "ANNOTATIONS", both_ways=True),
    )

    object = models.ForeignKey(
        Object,
        on_delete=models.PROTECT,
        related_name="components",
        # the index of object and id, which gives the order, also serves this column
        db_index=False,
        help_text="The object that this is a part of.",
    )
    name = models.CharField(
        max_length=validators.SHORT_LENGTH,
        db_index=True,
        validators=[validators.validate_name, validators.validate_index_size],
        help_text="Name of the component, unique within its object.",
    )
    description = models.TextField(
        max_length=validators.LONG_LENGTH,
        null=True,
        blank=True,
        help_text="Description of the component.",
    )
    issues = models.ManyToManyField(
        "registry.Issue",
        blank=True,
        related_name="component_issues",
        help_text="Quality issues with this component.",
    )
    whole_object = models.BooleanField(
        default=False,
        help_text="Whether the component stands for the whole object.",
    )

    class Meta(Record.Meta):
        verbose_name = "object component"
        constraints = (
            models.UniqueConstraint(
                fields=["object", "name"], name="object_component_once"
            ),
        )
        indexes = (
            *order_indexes("component", "name", "whole_object"),
            models.Index(fields=["object", "id"], name="component_in_order"),
            # finds whether an object has a component other than `whole_object`
            models.Index(
                fields=["whole_object", "object"],
                condition=models.Q(whole_object=False),
                name="component_part",
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} of object {self.object_id}"
