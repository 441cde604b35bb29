"""Data products, their namespaces, and external objects."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import MD5, Coalesce, Lower

from registry.catalogue.models.objects import Object
from registry.catalogue.querysets import DataProductQuerySet
from registry.core import validators
from registry.core.limits import Limit
from registry.core.models import NewValueRules, Record, order_indexes
from registry.core.versions import VersionKeyField
from registry.core.visible_names import validate_exact_name, validate_visible


def closes_new_namespaces() -> bool:
    """Return whether the operator wants new namespaces to be closed."""
    return bool(settings.CLOSE_NEW_NAMESPACES)


class Namespace(Record):
    """The group or project that names of data products belong to.

    Its members are its owner and its co-owners.
    """

    kind: ClassVar[str] = "namespace"
    new_value_rules: ClassVar[NewValueRules] = {
        "name": validate_exact_name,
        "full_name": validate_exact_name,
    }

    name = models.CharField(
        max_length=validators.SHORT_LENGTH,
        unique=True,
        validators=[validators.validate_name, validators.validate_index_size],
        help_text="Short name, as it stands in addresses.",
    )
    full_name = models.CharField(
        max_length=validators.SHORT_LENGTH,
        null=True,
        blank=True,
        unique=True,
        validators=[validators.validate_index_size],
        help_text="Full name of the group or project.",
    )
    website = models.URLField(
        max_length=validators.SHORT_LENGTH,
        null=True,
        blank=True,
        help_text="Web page of the group or project.",
    )
    closed = models.BooleanField(
        default=closes_new_namespaces,
        editable=False,
        help_text="Whether only members can register data products in it.",
    )

    class Meta(Record.Meta):
        indexes = order_indexes("namespace", "closed")

    def __str__(self) -> str:
        return self.name


class DataProduct(Record):
    """An object under a name and a version within a namespace."""

    kind: ClassVar[str] = "data_product"
    new_value_rules: ClassVar[NewValueRules] = {"name": validate_exact_name}
    limits: ClassVar[tuple[Limit, ...]] = (Limit("object", "ANNOTATIONS"),)

    namespace = models.ForeignKey(
        Namespace,
        on_delete=models.PROTECT,
        # the index below begins with this column
        db_index=False,
        related_name="products_named",
        help_text="The namespace that the name belongs to.",
    )
    name = models.CharField(
        max_length=validators.SHORT_LENGTH,
        db_index=True,
        validators=[validators.validate_name, validators.validate_index_size],
        help_text="Name of the data product; a path such as human/mortality is usual.",
    )
    version = models.CharField(
        max_length=validators.SHORT_LENGTH,
        validators=[validators.validate_semantic_version],
        help_text="Semantic version, such as 1.0.0 (https://semver.org).",
    )
    version_key = VersionKeyField()
    object = models.ForeignKey(
        Object,
        on_delete=models.PROTECT,
        # the index below begins with this column
        db_index=False,
        related_name="data_products",
        help_text="The object that is this data product.",
    )

    objects: ClassVar[DataProductQuerySet[DataProduct]] = (
        DataProductQuerySet.as_manager()  # type: ignore[assignment]
    )

    class Meta(Record.Meta):
        verbose_name = "data product"
        constraints = (
            models.UniqueConstraint(
                fields=["namespace", "name", "version"], name="data_product_once"
            ),
        )
        indexes = (
            *order_indexes("product", "name"),
            models.Index(fields=["object", "id"], name="product_by_object"),
            models.Index(fields=["namespace", "id"], name="product_by_namespace"),
            models.Index(fields=["version_key", "id"], name="product_by_version"),
        )

    def __str__(self) -> str:
        return f"{self.name} {self.version}"

    @property
    def reason_withdrawn(self) -> str | None:
        """Why the product is withdrawn, itself or with its object; None if it is not.

        Reads the object.
        """
        own = self.withdrawn
        return own if own is not None else self.object.withdrawn


def _nulls_equal(name: str) -> Any:
    """Return the digest of a text: nulls are equal, and long texts fit an index."""
    return MD5(Coalesce(models.F(name), models.Value("")))


class ExternalObject(Record):
    """The source of a data product outside the registry, with its identifier."""

    kind: ClassVar[str] = "external_object"
    new_value_rules: ClassVar[NewValueRules] = {
        "title": validate_visible,
        "alternate_identifier": validate_visible,
        "alternate_identifier_type": validate_visible,
    }

    data_product = models.OneToOneField(
        DataProduct,
        on_delete=models.PROTECT,
        related_name="external_object",
        help_text="The data product that holds the external data.",
    )
    identifier = models.URLField(
        max_length=validators.SHORT_LENGTH,
        null=True,
        blank=True,
        db_index=True,
        validators=[validators.validate_index_size],
        help_text="URL that names the external object, such as a DOI.",
    )
    alternate_identifier = models.CharField(
        max_length=validators.SHORT_LENGTH,
        null=True,
        blank=True,
        db_index=True,
        validators=[validators.validate_index_size],
        help_text="A name of the external object if it has no URL.",
    )
    alternate_identifier_type = models.CharField(
        max_length=validators.SHORT_LENGTH,
        null=True,
        blank=True,
        help_text="Type of the alternate identifier.",
    )
    primary_not_supplement = models.BooleanField(
        default=True,
        help_text="Whether this is the primary source rather than a supplement.",
    )
    release_date = models.DateTimeField(
        help_text="When the external object was released, in UTC."
    )
    title = models.CharField(
        max_length=validators.SHORT_LENGTH, help_text="Title of the external object."
    )
    description = models.TextField(
        max_length=validators.LONG_LENGTH,
        null=True,
        blank=True,
        help_text="Description of the external object.",
    )
    original_store = models.ForeignKey(
        "registry.StorageLocation",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        # the index below begins with this column
        db_index=False,
        related_name="originals",
        help_text="Where the data came from.",
    )
    version = models.CharField(
        max_length=validators.SHORT_LENGTH,
        editable=False,
        help_text="Version of the data product when this record was made.",
    )
    version_key = VersionKeyField()

    class Meta(Record.Meta):
        verbose_name = "external object"
        constraints = (
            models.UniqueConstraint(
                _nulls_equal("identifier"),
                _nulls_equal("alternate_identifier"),
                _nulls_equal("alternate_identifier_type"),
                _nulls_equal("title"),
                _nulls_equal("version"),
                name="external_object_once",
            ),
            models.CheckConstraint(
                condition=models.Q(identifier__isnull=False)
                | models.Q(
                    alternate_identifier__isnull=False,
                    alternate_identifier_type__isnull=False,
                ),
                name="external_object_identified",
            ),
        )
        indexes = (
            *order_indexes(
                "external",
                "identifier",
                "primary_not_supplement",
                "release_date",
                "title",
                "alternate_identifier",
            ),
            models.Index(fields=["original_store", "id"], name="external_by_store"),
            models.Index(fields=["version_key", "id"], name="external_by_version"),
            # DOIs can be written in small letters or capitals
            models.Index(Lower("identifier"), name="external_by_any_case"),
            models.Index(Lower("alternate_identifier"), name="external_by_alias"),
        )

    def __str__(self) -> str:
        return f"{self.title} {self.version}"

    def clean(self) -> None:
        """Require an identifier, or an alternate identifier with its type."""
        if self.identifier or (
            self.alternate_identifier and self.alternate_identifier_type
        ):
            return
        message = (
            "Give an identifier (a URL), or both alternate_identifier and "
            "alternate_identifier_type."
        )
        missing = ["identifier", "alternate_identifier", "alternate_identifier_type"]
        raise ValidationError(
            {name: [message] for name in missing if not getattr(self, name)}
        )
