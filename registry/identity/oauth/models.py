"""Sessions of OAuth clients, and the codes of pending devices."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, Self
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.utils import timezone
from oauth2_provider.models import Application

from registry.identity.oauth.scopes import OFFLINE

if TYPE_CHECKING:
    from registry.identity.models import User

#: How long after its last use a session without offline access expires.
ONLINE_LIFETIME = timedelta(hours=12)


def new_sid() -> str:
    """Return a new session id."""
    return uuid4().hex


class ClientSessionQuerySet(models.QuerySet["ClientSession"]):
    """Sessions of OAuth clients."""

    def active(self) -> Self:
        """Select the sessions that were not revoked and have not expired."""
        now = timezone.now()
        offline = models.Q(offline=True, last_used__gt=now - offline_lifetime())
        online = models.Q(offline=False, last_used__gt=now - ONLINE_LIFETIME)
        return self.filter(offline | online, ended__isnull=True)

    def for_user(self, user: User) -> Self:
        """Select the sessions of this person with their clients, latest use first."""
        return self.filter(user=user).select_related("client").order_by("-last_used")


def offline_lifetime() -> timedelta:
    """Return how long after its last use a session with offline access expires."""
    lifetime: timedelta = settings.OFFLINE_LIFETIME
    return lifetime


class ClientSession(models.Model):
    """What one client can do for one person, from the approval until it is revoked.

    Access tokens refer to it by ``sid``, so that revoking it revokes them all at once.
    Only the digest of the refresh token is stored; services have none, because they
    sign in with their own secret.
    """

    kind: ClassVar[str] = "client_session"

    sid = models.CharField(
        max_length=32,
        unique=True,
        default=new_sid,
        editable=False,
        help_text="The name of the session in access tokens.",
    )
    client = models.ForeignKey(
        Application,
        on_delete=models.CASCADE,
        related_name="sessions",
        help_text="The program that acts.",
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="client_sessions",
        help_text="For whom it acts.",
    )
    scope = models.TextField(
        blank=True, help_text="What it may do: names of scopes, separated by blanks."
    )
    offline = models.BooleanField(
        default=False, help_text="Whether it goes on while the person is away."
    )
    refresh_digest = models.CharField(
        max_length=64,
        unique=True,
        null=True,
        editable=False,
        help_text="SHA-256 of the refresh token, in hexadecimal digits.",
    )
    code_digest = models.CharField(
        max_length=64,
        blank=True,
        db_index=True,
        editable=False,
        help_text="SHA-256 of the authorization code that it began with, if any.",
    )
    created = models.DateTimeField(
        default=timezone.now, help_text="When it was approved, in UTC."
    )
    last_used = models.DateTimeField(
        default=timezone.now, help_text="When it last got an access token, in UTC."
    )
    address = models.CharField(
        max_length=45,
        blank=True,
        help_text="The network address that it last got an access token from.",
    )
    agent = models.CharField(
        max_length=200,
        blank=True,
        help_text="The program that it last got one with, as that names itself.",
    )
    ended = models.DateTimeField(
        null=True, help_text="When it was revoked, in UTC; empty while it goes on."
    )

    objects = ClientSessionQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        verbose_name = "session of a client"
        verbose_name_plural = "sessions of clients"
        constraints = (
            # among active sessions, only those of services have no refresh token
            models.UniqueConstraint(
                fields=["client", "user"],
                condition=models.Q(refresh_digest__isnull=True, ended__isnull=True),
                name="client_session_of_service_once",
            ),
        )

    def __str__(self) -> str:
        return f"{self.client} for {self.user}"

    def grant(self, scope: str) -> None:
        """Set what the client can do."""
        self.scope = scope
        self.offline = OFFLINE in scope.split()

    @property
    def ends(self) -> datetime:
        """When the session expires, unless it is used again."""
        return self.last_used + (
            offline_lifetime() if self.offline else ONLINE_LIFETIME
        )


class DeviceCodeState(models.TextChoices):
    """The state of a device code, which can be used only once."""

    PENDING = "pending", "waiting"
    APPROVED = "approved"
    DENIED = "denied"
    USED = "used"


class DeviceCode(models.Model):
    """A device that waits for approval (RFC 8628).

    The device has the long code, whose digest is stored; the person types the short
    one.
    """

    State = DeviceCodeState

    digest = models.CharField(
        max_length=64,
        unique=True,
        editable=False,
        help_text="SHA-256 of the device code, in hexadecimal digits.",
    )
    user_code = models.CharField(
        max_length=16,
        unique=True,
        editable=False,
        help_text="What the person types, without the hyphen.",
    )
    client = models.ForeignKey(
        Application,
        on_delete=models.CASCADE,
        related_name="device_codes",
        help_text="The program that runs on the device.",
    )
    scope = models.TextField(blank=True, help_text="What it asks to be allowed.")
    challenge = models.CharField(
        max_length=128,
        blank=True,
        editable=False,
        help_text="The PKCE challenge (S256) of the device, if it sent one.",
    )
    state = models.CharField(
        max_length=16,
        choices=DeviceCodeState.choices,
        default=DeviceCodeState.PENDING,
        help_text="How far it has come.",
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.CASCADE,
        related_name="device_codes",
        help_text="Who decided; empty while it waits.",
    )
    created = models.DateTimeField(
        default=timezone.now, help_text="When the device asked, in UTC."
    )
    expires = models.DateTimeField(
        db_index=True, help_text="When the code is of no use any more, in UTC."
    )
    interval = models.PositiveSmallIntegerField(
        help_text="Seconds that the device must wait between two questions."
    )
    polled = models.DateTimeField(
        null=True, help_text="When the device last asked, in UTC."
    )
    address = models.CharField(
        max_length=45, blank=True, help_text="The network address of the device."
    )
    agent = models.CharField(
        max_length=200,
        blank=True,
        help_text="The program on the device, as it names itself.",
    )

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(state__in=DeviceCodeState.values),
                name="device_code_state_known",
            ),
            models.CheckConstraint(
                condition=models.Q(state=DeviceCodeState.PENDING, user__isnull=True)
                | models.Q(
                    ~models.Q(state=DeviceCodeState.PENDING), user__isnull=False
                ),
                name="device_code_decided_by_somebody",
            ),
        )

    def __str__(self) -> str:
        return f"{self.client}, {self.get_state_display()}"

    @property
    def is_expired(self) -> bool:
        """Whether the code has expired."""
        return timezone.now() >= self.expires
