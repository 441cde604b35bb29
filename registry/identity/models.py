"""Accounts, API tokens, browser sessions, and requests for roles."""

from __future__ import annotations

from typing import ClassVar, TypeAlias

from django.contrib.auth.models import AbstractUser
from django.contrib.sessions.models import Session
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
        """Return the person's name, or "" if they gave none."""
        return self.full_name

    def get_short_name(self) -> str:
        """Return the name that messages address the person by."""
        return self.full_name or self.username


class ApiToken(models.Model):
    """The one API token of a person; only the digest of its key is stored."""

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
    last_used = models.DateTimeField(
        null=True,
        editable=False,
        help_text="When the token was last used, in UTC, to the hour; empty if never.",
    )

    class Meta:
        verbose_name = "API token"
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"API token of {self.user.username}"


class CoOwner(models.Model):
    """A person whom the owner of a record has named to look after it as well.

    The members of a namespace are its co-owners. Like an event, this names the record
    by kind and id.
    """

    kind = models.CharField(max_length=64, help_text="The kind of record.")
    record_id = models.BigIntegerField(help_text="The id of the record.")
    user = models.ForeignKey(
        User,
        on_delete=models.CASCADE,
        related_name="co_owned",
        help_text="Who was named.",
    )
    named_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Who named the person.",
    )
    named_at = models.DateTimeField(
        default=timezone.now, help_text="When the person was named, in UTC."
    )

    class Meta:
        verbose_name = "co-owner"
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=["kind", "record_id", "user"], name="co_owner_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.user.username}, of {self.kind} {self.record_id}"


class BrowserSession(models.Model):
    """A browser that a person is signed in with; it goes with Django's session."""

    session = models.OneToOneField(
        Session,
        on_delete=models.CASCADE,
        related_name="+",
        editable=False,
        help_text="Django's session.",
    )
    user = models.ForeignKey(
        User,
        on_delete=models.CASCADE,
        related_name="browser_sessions",
        help_text="Who is signed in.",
    )
    began = models.DateTimeField(
        default=timezone.now, help_text="When the person signed in, in UTC."
    )
    last_seen = models.DateTimeField(
        default=timezone.now,
        help_text="When a page was last opened, in UTC, to some minutes.",
    )
    address = models.CharField(
        max_length=45,
        blank=True,
        help_text="The network address that a page was last opened from.",
    )
    agent = models.CharField(
        max_length=200, blank=True, help_text="The browser, as it names itself."
    )

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.agent or "A browser without a name"


class RoleRequestState(models.TextChoices):
    """The state of a role request; all but the first are final."""

    OPEN = "open", "waiting"
    GRANTED = "granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class RoleRequest(models.Model):
    """A person's request for a role, with its outcome.

    There is at most one open request for each person and role. ``decided_by`` is who
    granted or refused it, or the person themselves if they withdrew it.
    """

    State: TypeAlias = RoleRequestState

    kind: ClassVar[str] = "role_request"

    user = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        related_name="role_requests",
        help_text="Who asks for the role.",
    )
    role = models.CharField(max_length=150, help_text="The role that is asked for.")
    reason = models.TextField(
        max_length=2000, help_text="What the person needs the role for."
    )
    state = models.CharField(
        max_length=16,
        choices=RoleRequestState.choices,
        default=RoleRequestState.OPEN,
        help_text="How far the request has come.",
    )
    made_at = models.DateTimeField(
        default=timezone.now, help_text="When the request was made, in UTC."
    )
    decided_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When it was decided, in UTC; empty while it is open.",
    )
    decided_by = models.ForeignKey(
        User,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Who decided it; empty while it is open.",
    )
    answer = models.TextField(
        max_length=2000,
        blank=True,
        help_text="What was said with the decision; a refusal always has a reason.",
    )

    class Meta:
        ordering = ("-id",)
        indexes = (models.Index(fields=["state"], name="role_request_state"),)
        constraints = (
            models.UniqueConstraint(
                fields=["user", "role"],
                condition=models.Q(state=RoleRequestState.OPEN),
                name="role_request_open_once",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=RoleRequestState.values),
                name="role_request_state_known",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    state=RoleRequestState.OPEN,
                    decided_at__isnull=True,
                    decided_by__isnull=True,
                )
                | models.Q(
                    ~models.Q(state=RoleRequestState.OPEN),
                    decided_at__isnull=False,
                    decided_by__isnull=False,
                ),
                name="role_request_decided_whole",
            ),
            models.CheckConstraint(
                condition=~models.Q(state=RoleRequestState.REFUSED, answer=""),
                name="role_request_refused_with_reason",
            ),
        )

    def __str__(self) -> str:
        return f"{self.role} for {self.user.username}"
