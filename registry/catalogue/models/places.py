"""Storage roots and the storage locations below them."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from django.db import models

from registry.core import validators
from registry.core.models import Record, order_indexes

#: A SHA-1, a commit or a SHA-256.
_CHECKSUM = re.compile(r"(?:[0-9a-f]{40}|[0-9a-f]{64})", re.IGNORECASE)


class StorageRoot(Record):
    """A place that stores data, as a URI to which storage paths are appended."""

    kind: ClassVar[str] = "storage_root"

    root = models.CharField(
        max_length=validators.SHORT_LENGTH,
        unique=True,
        validators=[validators.validate_storage_root, validators.validate_index_size],
        help_text="URI of the root, to which the path of a storage location is "
        "appended; for example https://data.example.org/ or file:///srv/data/.",
    )
    local = models.BooleanField(
        default=False,
        help_text="Whether the root is on the machine of the registry itself.",
    )

    class Meta(Record.Meta):
        verbose_name = "storage root"
        indexes = order_indexes("root", "local")

    def __str__(self) -> str:
        return self.root


def spellings_of_hash(text: str) -> list[str]:
    """Return the ways in which locations have a checksum: small letters, capitals."""
    if _CHECKSUM.fullmatch(text) is None:
        return [text]
    return list(dict.fromkeys((text.lower(), text.upper(), text)))


class StorageLocation(Record):
    """Where one file is: a path below a storage root, and the hash of its bytes."""

    kind: ClassVar[str] = "storage_location"
    spellings: ClassVar[Any] = {"hash": spellings_of_hash}

    path = models.CharField(
        max_length=validators.PATH_LENGTH,
        help_text="Path of the file, appended to the root to find it.",
    )
    hash = models.CharField(
        max_length=validators.SHORT_LENGTH,
        db_index=True,
        validators=[validators.validate_index_size, validators.validate_checksum],
        help_text="SHA-1 of the file's bytes in hexadecimal digits, "
        "or the commit of a code repository.",
    )
    public = models.BooleanField(
        default=True, help_text="Whether everybody can download the data."
    )
    storage_root = models.ForeignKey(
        StorageRoot,
        on_delete=models.PROTECT,
        # the index below begins with this column
        db_index=False,
        related_name="locations",
        help_text="The root that the path is below.",
    )

    class Meta(Record.Meta):
        verbose_name = "storage location"
        constraints = (
            models.UniqueConstraint(
                fields=["storage_root", "hash", "public"],
                name="storage_location_once",
            ),
        )
        indexes = (
            *order_indexes("location", "public"),
            models.Index(fields=["storage_root", "id"], name="location_by_root"),
        )

    def __str__(self) -> str:
        return self.path
