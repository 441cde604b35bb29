"""The fields of users and groups, which are read only."""

from __future__ import annotations

from django.contrib.auth.models import Group
from rest_framework import serializers

from registry.api.base.serializers import RecordSerializer
from registry.identity.models import User


class UserSerializer(RecordSerializer):
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

    class Meta(RecordSerializer.Meta):
        model = User
        fields = ("url", "username", "full_name", "email", "orgs")
        read_only_fields = fields


class GroupSerializer(RecordSerializer):
    """A group of accounts, which is a role."""

    name = serializers.CharField(read_only=True, help_text="Name of the role.")

    class Meta(RecordSerializer.Meta):
        model = Group
        fields = ("url", "name")
        read_only_fields = fields
