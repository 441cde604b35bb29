"""What the registry remembers of requests: the answers to idempotent ones."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone


class IdempotencyKey(models.Model):
    """A key that a client sent with a POST, and the answer that it got.

    A row without a status belongs to a request that is still at work, or one whose
    process died. (The IETF draft "The Idempotency-Key HTTP Header Field".)
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="+",
        help_text="Who sent the key.",
    )
    key = models.CharField(max_length=255, help_text="The key.")
    fingerprint = models.CharField(
        max_length=64, help_text="SHA-256 of the address and body it came with."
    )
    claimed_at = models.DateTimeField(
        default=timezone.now, db_index=True, help_text="When the key came, in UTC."
    )
    status = models.PositiveSmallIntegerField(
        null=True, help_text="Status of the answer; empty while at work."
    )
    location = models.CharField(
        max_length=2048, blank=True, help_text="Location header of the answer."
    )
    etag = models.CharField(max_length=64, blank=True, help_text="ETag of the answer.")
    body = models.BinaryField(default=b"", help_text="The answer as JSON.")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["user", "key"], name="idempotency_once"),
        )

    def __str__(self) -> str:
        return f"{self.key} of user {self.user_id}"
