"""Users and groups, for those who are signed in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import Group
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.response import Response

from registry.api.base.views import PlainView
from registry.api.base.viewsets import ReadOnlyRecordViewSet
from registry.api.identity.serializers import GroupSerializer, UserSerializer
from registry.http.filters.records import GroupFilter, UserFilter
from registry.http.permissions import SignedIn
from registry.identity.models import User

if TYPE_CHECKING:
    from rest_framework.request import Request


class UserViewSet(ReadOnlyRecordViewSet):
    """People and services with an account. Only shown to those who have one."""

    model = User
    serializer_class = UserSerializer
    filterset_class = UserFilter
    permission_classes = (SignedIn,)


class GroupViewSet(ReadOnlyRecordViewSet):
    """Groups of accounts. Only shown to those who have an account."""

    model = Group
    serializer_class = GroupSerializer
    filterset_class = GroupFilter
    permission_classes = (SignedIn,)


class UsernameView(PlainView):
    """The name of the account that asks."""

    permission_classes = (SignedIn,)
    parameters = ("format",)

    @extend_schema(
        responses=inline_serializer(
            "Username",
            {
                "username": serializers.CharField(
                    read_only=True, help_text="Name that the account signs in with."
                )
            },
        )
    )
    def get(self, request: Request) -> Response:
        """Return the name of the account that asks."""
        return Response({"username": self.user.get_username()})
