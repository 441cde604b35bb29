"""The filters of users and groups."""

from __future__ import annotations

from django.contrib.auth.models import Group

from registry.http.filters import RecordFilterSet
from registry.identity.models import User


class UserFilter(RecordFilterSet):
    """Filters of users."""

    class Meta:
        model = User
        fields = ("username", "full_name", "email")


class GroupFilter(RecordFilterSet):
    """Filters of groups."""

    class Meta:
        model = Group
        fields = ("name",)
