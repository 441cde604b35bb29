"""The serializers of accounts, groups, role requests and events."""

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
    # a CharField, because an unknown address is an empty text
    email = serializers.CharField(
        read_only=True,
        help_text="E-mail address. Only the person and administrators see it; for "
        "others it is empty. Only administrators can filter and order by it.",
    )
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
    """A role, which is a group of accounts."""

    name = serializers.CharField(read_only=True, help_text="Name of the role.")

    class Meta(RowSerializer.Meta):
        model = Group
        fields = ("url", "name")
        read_only_fields = fields


class EventSerializer(RowSerializer):
    """An event of the audit trail, about a record or an account."""

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
    """A declared role; the choices are the roles that are declared at that time."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=role_choices(), **kwargs)


class RoleRequestSerializer(RowSerializer):
    """A request for a role, and the decision about it."""

    role = RoleField(help_text="The requested role.")

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
    """The decision about a role request."""

    state = serializers.ChoiceField(
        choices=[*DECISIONS, RoleRequest.State.WITHDRAWN],
        help_text="`granted` or `refused`, by an administrator; `withdrawn`, by the "
        "person who made the request.",
    )
    answer = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=2000,
        help_text="The answer to the person; a refusal needs a reason.",
    )


class AccessSerializer(serializers.Serializer[None]):
    """The signed-in account and its roles."""

    username = serializers.CharField(
        read_only=True, help_text="Name that the account signs in with."
    )
    email = serializers.CharField(read_only=True, help_text="E-mail address, or none.")
    roles = serializers.ListField(
        child=serializers.CharField(), read_only=True, help_text="Roles of the account."
    )
