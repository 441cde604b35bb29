"""Labels of objects: keywords, licences, code repository releases, key-value pairs."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from registry.catalogue.models.objects import Object
from registry.core import validators
from registry.core.limits import Limit
from registry.core.models import NewValueRules, Record, order_indexes
from registry.core.text_prefixes import IndexedStart
from registry.core.texts import shorten_text
from registry.core.versions import VersionKeyField
from registry.core.visible_names import validate_exact_name, validate_visible


class Keyword(Record):
    """A keyword or phrase that describes the subject of an object."""

    kind: ClassVar[str] = "keyword"
    new_value_rules: ClassVar[NewValueRules] = {"keyphrase": validate_exact_name}
    limits: ClassVar[tuple[Limit, ...]] = (Limit("object", "ANNOTATIONS"),)

    object = models.ForeignKey(
        Object,
        on_delete=models.PROTECT,
        # the index below begins with this column
        db_index=False,
        related_name="keywords",
        help_text="The object that the keyword is for.",
    )
    keyphrase = models.CharField(
        max_length=validators.SHORT_LENGTH,
        db_index=True,
        validators=[validators.validate_name, validators.validate_index_size],
        help_text="The keyword or phrase.",
    )
    identifier = models.URLField(
        max_length=validators.SHORT_LENGTH,
        null=True,
        blank=True,
        validators=[validators.validate_index_size],
        help_text="URL that defines the keyword, such as a term of an ontology.",
    )

    class Meta(Record.Meta):
        constraints = (
            models.UniqueConstraint(
                fields=["object", "keyphrase"], name="keyword_once"
            ),
            models.UniqueConstraint(
                fields=["object", "identifier"], name="keyword_identifier_once"
            ),
        )
        indexes = (
            *order_indexes("keyword", "keyphrase", "identifier"),
            models.Index(fields=["object", "id"], name="keyword_by_object"),
        )

    def __str__(self) -> str:
        return self.keyphrase


class Licence(Record):
    """A licence of an object."""

    kind: ClassVar[str] = "licence"
    new_value_rules: ClassVar[NewValueRules] = {"licence_info": validate_visible}
    limits: ClassVar[tuple[Limit, ...]] = (Limit("object", "ANNOTATIONS"),)

    object = models.ForeignKey(
        Object,
        on_delete=models.PROTECT,
        # the index below begins with this column
        db_index=False,
        related_name="licences",
        help_text="The object that is licensed.",
    )
    licence_info = models.TextField(
        max_length=validators.LONG_LENGTH, help_text="Name or text of the licence."
    )
    identifier = models.URLField(
        max_length=validators.SHORT_LENGTH,
        null=True,
        blank=True,
        validators=[validators.validate_index_size],
        help_text="URL of the licence, such as "
        "https://creativecommons.org/licenses/by/4.0/.",
    )

    class Meta(Record.Meta):
        constraints = (
            models.UniqueConstraint(
                fields=["object", "identifier"], name="licence_identifier_once"
            ),
        )
        indexes = (
            *order_indexes("licence", "identifier"),
            models.Index(fields=["object", "id"], name="licence_by_object"),
            # what people paste into the search: a name, in any case
            models.Index(IndexedStart("licence_info"), "id", name="licence_by_name"),
        )

    def __str__(self) -> str:
        return self.identifier or shorten_text(self.licence_info)


class CodeRepoRelease(Record):
    """Marks an object as a released version of a code repository."""

    kind: ClassVar[str] = "code_repo_release"
    new_value_rules: ClassVar[NewValueRules] = {"name": validate_exact_name}

    object = models.OneToOneField(
        Object,
        on_delete=models.PROTECT,
        related_name="code_repo_release",
        help_text="The object that is the code repository.",
    )
    name = models.CharField(
        max_length=validators.SHORT_LENGTH,
        validators=[validators.validate_name, validators.validate_index_size],
        help_text="Name of the software.",
    )
    version = models.CharField(
        max_length=validators.SHORT_LENGTH,
        validators=[validators.validate_semantic_version],
        help_text="Semantic version of the release, such as 1.0.0.",
    )
    version_key = VersionKeyField()
    website = models.URLField(
        max_length=validators.SHORT_LENGTH,
        null=True,
        blank=True,
        help_text="Web page of the release.",
    )

    class Meta(Record.Meta):
        verbose_name = "code repository release"
        constraints = (
            models.UniqueConstraint(
                fields=["name", "version"], name="code_repo_release_once"
            ),
        )
        indexes = (
            *order_indexes("release"),
            models.Index(fields=["version_key", "id"], name="release_by_version"),
        )

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class KeyValue(Record):
    """A key-value pair that describes an object."""

    kind: ClassVar[str] = "key_value"
    new_value_rules: ClassVar[NewValueRules] = {"key": validate_exact_name}
    limits: ClassVar[tuple[Limit, ...]] = (Limit("object", "ANNOTATIONS"),)

    object = models.ForeignKey(
        Object,
        on_delete=models.PROTECT,
        # the index below begins with this column
        db_index=False,
        related_name="key_values",
        help_text="The object that the fact is about.",
    )
    key = models.CharField(
        max_length=validators.SHORT_LENGTH,
        validators=[validators.validate_index_size],
        help_text="The key, unique within the object.",
    )
    value = models.CharField(
        max_length=validators.SHORT_LENGTH, help_text="The value of the key."
    )

    class Meta(Record.Meta):
        verbose_name = "key and value"
        verbose_name_plural = "keys and values"
        constraints = (
            models.UniqueConstraint(fields=["object", "key"], name="key_value_once"),
        )
        indexes = (
            *order_indexes("key_value", "key"),
            models.Index(fields=["object", "id"], name="key_value_by_object"),
        )

    def __str__(self) -> str:
        return f"{self.key} = {self.value}"
