"""The fields of accounts, roles, requests for them, and the audit trail."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group
from rest_framework import serializers

from registry.api.base.serializers import RowSerializer
from registry.core.models import Event
from registry.identity.models import RoleRequest, User
from registry.identity.requests import DECISIONS
from registry.identity.roles import role_choices


class UserSerializer(RowSerializer):
    """An account."""

    username = serializers.CharField(
        read_only=True, help_text="Name that the account signs in with."
    )
    # empty where none is known, which is no address
    email = serializers.CharField(read_only=True, help_text="E-mail address, or none.")
    orgs = serializers.ListField(
        child=serializers.CharField(),
        read_only=True,
        help_text="Names of the organisations that the person belongs to.",
    )

    class Meta(RowSerializer.Meta):
        model = User
        fields = ("url", "username", "full_name", "email", "orgs")
        read_only_fields = fields


class GroupSerializer(RowSerializer):
    """A group of accounts, which is a role."""

    name = serializers.CharField(read_only=True, help_text="Name of the role.")

    class Meta(RowSerializer.Meta):
        model = Group
        fields = ("url", "name")
        read_only_fields = fields


class EventSerializer(RowSerializer):
    """What happened, to a record or to a person."""

    class Meta(RowSerializer.Meta):
        model = Event
        fields = (
            "url",
            "at",
            "action",
            "kind",
            "record_id",
            "by",
            "client",
            "address",
            "subject",
            "changes",
            "detail",
        )
        read_only_fields = fields


class RoleField(serializers.ChoiceField):
    """A declared role; each form offers those that are declared by then."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=role_choices(), **kwargs)


class RoleRequestSerializer(RowSerializer):
    """Somebody's wish to hold a role, and what became of it."""

    role = RoleField(help_text="The role that is asked for.")

    class Meta(RowSerializer.Meta):
        model = RoleRequest
        fields = (
            "url",
            "user",
            "role",
            "reason",
            "state",
            "made_at",
            "decided_at",
            "decided_by",
            "answer",
        )
        read_only_fields = (
            "user",
            "state",
            "made_at",
            "decided_at",
            "decided_by",
            "answer",
        )


class DecisionSerializer(serializers.Serializer[None]):
    """What becomes of a request for a role."""

    state = serializers.ChoiceField(
        choices=[*DECISIONS, RoleRequest.State.WITHDRAWN],
        help_text="granted or refused, by an administrator; withdrawn, by who asked.",
    )
    answer = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=2000,
        help_text="What the person is told; a refusal needs a reason.",
    )


class AccessSerializer(serializers.Serializer[None]):
    """Who asks, and what they may do."""

    username = serializers.CharField(
        read_only=True, help_text="Name that the account signs in with."
    )
    email = serializers.CharField(read_only=True, help_text="E-mail address, or none.")
    roles = serializers.ListField(
        child=serializers.CharField(), read_only=True, help_text="The roles held."
    )
