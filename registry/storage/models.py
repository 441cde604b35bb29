"""The model of the files that the registry itself stores."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models


class StoredFile(models.Model):
    """A file in the registry's own store, found by the SHA-1 of its bytes.

    Clients use SHA-1. SHA-256 is stored as well, for readers who must be sure (SHA-1
    collisions can be made: Stevens et al., CRYPTO 2017). The bytes count towards the
    quota of the account in ``stored_by``.
    """

    kind: ClassVar[str] = "stored_file"

    sha1 = models.CharField(
        max_length=40, unique=True, help_text="SHA-1 in hexadecimal digits."
    )
    sha256 = models.CharField(
        max_length=64, db_index=True, help_text="SHA-256 in hexadecimal digits."
    )
    size = models.BigIntegerField(help_text="Size in bytes.")
    stored_at = models.DateTimeField(
        auto_now_add=True, help_text="When the upload was complete, in UTC."
    )
    stored_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Who sent the bytes first, and owns them; empty for the registry "
        "itself.",
    )
    sent_again_by = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        blank=True,
        editable=False,
        related_name="+",
        help_text="Who sent the same bytes later, which shows that they have them.",
    )

    class Meta:
        ordering = ("-id",)
        verbose_name = "stored file"
        constraints = (
            models.CheckConstraint(
                condition=models.Q(size__gte=0), name="stored_file_size_known"
            ),
        )

    def __str__(self) -> str:
        return self.sha1
