"""The bodies of requests about ownership, and the co-owners of a record."""

from __future__ import annotations

from rest_framework import serializers

from registry.api.base.fields import LinkField
from registry.core.models import MAX_REASON
from registry.identity.models import CoOwner, User


class ReasonSerializer(serializers.Serializer[None]):
    """Why a record is withdrawn."""

    reason = serializers.CharField(
        max_length=MAX_REASON, help_text="Why the record is withdrawn, for everybody."
    )


class NamedSerializer(serializers.Serializer[None]):
    """Who is named as a co-owner."""

    user = serializers.CharField(
        max_length=1024,
        help_text="The user name of the person, or the URL of the account.",
    )


class CoOwnerSerializer(serializers.ModelSerializer[CoOwner]):
    """A co-owner of a record, or a member of a namespace."""

    user = LinkField(model=User, read_only=True, help_text="Who was named.")
    username = serializers.CharField(
        read_only=True, help_text="Name of the account; empty without signing in."
    )
    named_by = LinkField(model=User, read_only=True, help_text="Who named the person.")

    class Meta:
        model = CoOwner
        fields = ("user", "username", "named_by", "named_at")
        extra_kwargs = {
            "named_at": {
                "allow_null": True,
                "help_text": "When the person was named, in UTC; null for the owner.",
            }
        }
