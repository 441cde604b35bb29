"""Accounts and API tokens."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils import timezone


class User(AbstractUser):
    """A person or a service with an account.

    One name field instead of two: names do not split into first and last everywhere.
    """

    kind: ClassVar[str] = "users"

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    full_name = models.CharField(
        max_length=1024, blank=True, help_text="The person's name, as they write it."
    )
    orgs = models.JSONField(
        default=list,
        blank=True,
        help_text="Names of the organisations that the person belongs to.",
    )

    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def get_full_name(self) -> str:
        """Return the name, or nothing where the person gave none."""
        return self.full_name

    def get_short_name(self) -> str:
        """Return the name that messages greet the person by."""
        return self.full_name or self.username


class ApiToken(models.Model):
    """The one API token of a person; only the digest of its key is kept."""

    user = models.OneToOneField(
        User,
        on_delete=models.CASCADE,
        related_name="api_token",
        help_text="Whose token this is.",
    )
    digest = models.CharField(
        max_length=64,
        unique=True,
        editable=False,
        help_text="SHA-256 of the key, in hexadecimal digits.",
    )
    created = models.DateTimeField(
        default=timezone.now, help_text="When the token was made, in UTC."
    )

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"API token of {self.user.username}"
