"""Records, which everything in the registry is, and the events that made them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeAlias

from django.conf import settings
from django.db import models

from registry.core.querysets import RecordQuerySet

if TYPE_CHECKING:
    from registry.core.limits import Limit


class Record(models.Model):
    """One row that people may cite: it says who put it there, and when.

    ``kind`` is the record's name in addresses (``/api/<kind>/<id>/``), in events and
    in the search index. ``registered_by`` decides who may change the record;
    ``updated_by`` and ``last_updated`` tell of the latest change.
    """

    kind: ClassVar[str]
    #: Lists of links that are stored on their other side, but may be written here too.
    reverse_lists: ClassVar[tuple[str, ...]] = ()
    #: How many links there may be.
    limits: ClassVar[tuple[Limit, ...]] = ()

    registered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
        help_text="Who registered this record.",
    )
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
        help_text="Who made the latest change to this record.",
    )
    last_updated = models.DateTimeField(
        auto_now=True,
        help_text="When the latest change to this record was made, in UTC.",
    )

    objects: ClassVar[RecordQuerySet[Self]] = RecordQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        abstract = True
        ordering = ("-id",)

    @property
    def revision(self) -> str:
        """The state of this row in a few characters; every change makes a new one."""
        return revision(self.pk, self.last_updated.timestamp())


def revision(pk: Any, timestamp: float) -> str:
    """Name a row's state by its id and the microsecond of its latest change."""
    return f"{pk}-{round(timestamp * 1_000_000):x}"


class EventAction(models.TextChoices):
    """What happened: to a record first, then to a person."""

    CREATED = "created"
    UPDATED = "updated"
    DELETED = "deleted"

    SIGNED_IN = "signed_in", "Signed in"
    SIGN_IN_FAILED = "sign_in_failed", "Sign-in failed"
    SIGNED_OUT = "signed_out", "Signed out"
    ACCOUNT_LINKED = "account_linked", "Account linked"
    ACCOUNT_UNLINKED = "account_unlinked", "Account unlinked"
    TOKEN_MADE = "token_made", "API token made"
    TOKEN_REVOKED = "token_revoked", "API token revoked"
    ROLE_REQUESTED = "role_requested", "Role requested"
    ROLE_WITHDRAWN = "role_withdrawn", "Role request withdrawn"
    ROLE_REFUSED = "role_refused", "Role refused"
    ROLE_GRANTED = "role_granted", "Role granted"
    ROLE_REMOVED = "role_removed", "Role removed"

    # OAuth 2.0: what people let programs do in their name
    DEVICE_APPROVED = "device_approved", "Device approved"
    DEVICE_REFUSED = "device_refused", "Device refused"
    CLIENT_APPROVED = "client_approved", "Client approved"
    CLIENT_REFUSED = "client_refused", "Client refused"
    SESSION_STARTED = "session_started", "Session started"
    SESSION_REVOKED = "session_revoked", "Session revoked"
    GRANT_REFUSED = "grant_refused", "Grant refused"
    SERVICE_SIGNED_IN = "service_signed_in", "Service account signed in"
    KEY_ROTATED = "key_rotated", "Signing key rotated"


class Event(models.Model):
    """Who did what to which record or account, when, by which client and from where.

    Written by the services in the transaction of the change itself. Records are named
    by kind and id, so that an event outlives what it tells of. What happens to people
    is told of their account (kind ``users``), by ``registry.identity.audit``.
    """

    Action: TypeAlias = EventAction

    kind = models.CharField(
        max_length=64, help_text="The kind of record; `users` for a person's account."
    )
    record_id = models.BigIntegerField(
        null=True,
        help_text="The id within that kind; empty where no account is known, as of a "
        "failed sign-in.",
    )
    action = models.CharField(
        max_length=32, choices=EventAction.choices, help_text="What was done."
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="events",
        help_text="Who did it; empty for the registry itself.",
    )
    client = models.CharField(
        max_length=200,
        blank=True,
        help_text="The program that asked for it, as it names itself.",
    )
    address = models.CharField(
        max_length=45,
        blank=True,
        help_text="The network address that it was asked from; empty for commands.",
    )
    at = models.DateTimeField(auto_now_add=True, help_text="When, in UTC.")
    changes = models.JSONField(
        default=dict,
        blank=True,
        help_text="For an update: each changed field with its old and new value.",
    )
    subject = models.CharField(
        max_length=200,
        blank=True,
        help_text="What it was about: the role, the device, the service.",
    )
    detail = models.JSONField(
        default=dict, blank=True, help_text="What else there is to say of it."
    )

    class Meta:
        ordering = ("-id",)
        indexes = (models.Index(fields=["kind", "record_id"], name="event_record"),)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(action__in=EventAction.values),
                name="event_action_known",
            ),
            models.CheckConstraint(
                condition=models.Q(record_id__isnull=False) | models.Q(kind="users"),
                name="event_of_a_record",
            ),
        )

    def __str__(self) -> str:
        what = self.kind if self.record_id is None else f"{self.kind} {self.record_id}"
        return f"{what} {self.action}"
