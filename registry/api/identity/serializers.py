"""The fields of users and groups, which are read only."""

from __future__ import annotations

from django.contrib.auth.models import Group

from registry.api.base.serializers import RecordSerializer
from registry.identity.models import User


class UserSerializer(RecordSerializer):
    """An account."""

    class Meta(RecordSerializer.Meta):
        model = User
        fields = ("url", "username", "full_name", "email", "orgs")
        read_only_fields = fields


class GroupSerializer(RecordSerializer):
    """A group of accounts, which is a role."""

    class Meta(RecordSerializer.Meta):
        model = Group
        fields = ("url", "name")
        read_only_fields = fields
