"""The views of accounts, roles, role requests, access checks and the audit trail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.response import Response

from registry.api.base.idempotency import run_idempotently
from registry.api.base.views import PlainView
from registry.api.base.viewsets import RowViewSet
from registry.api.identity.reader import ADDRESS, OwnAddressReader
from registry.api.identity.serializers import (
    AccessSerializer,
    DecisionSerializer,
    EventSerializer,
    GroupSerializer,
    RoleRequestSerializer,
    UserSerializer,
)
from registry.http.filters import FilterSet, filters_of_type
from registry.http.filters.identity import EVENT_FILTERS, ROLE_REQUEST_FILTERS
from registry.http.permissions import AdministratorsOnly, SignedIn
from registry.identity.models import RoleRequest, User
from registry.identity.oauth.scopes import EMAIL, PROFILE, READ
from registry.identity.oauth.tokens import AccessToken
from registry.identity.record_types import EVENT, GROUP, ROLE_REQUEST, USER
from registry.identity.requests import decide_request, request_role, withdraw_request
from registry.identity.roles import effective_roles, has_access, is_administrator

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import QuerySet
    from rest_framework.request import Request

    from registry.api.base.reader import RecordReader

_FILTERS_FOR_ALL = FilterSet(
    User,
    {
        name: chosen
        for name, chosen in filters_of_type(USER).filters.items()
        if name != ADDRESS
    },
)


class UserViewSet(RowViewSet):
    """Accounts of people and services. Only users who are signed in can read them.

    People see their own e-mail address, and administrators all. For others the address
    is empty, and no filter or order reveals it.
    """

    row_type = USER
    serializer_class = UserSerializer
    permission_classes = (SignedIn,)

    @property
    def filters(self) -> FilterSet:
        """The filters of the list; only administrators have one by e-mail address."""
        return super().filters if self._sees_addresses else _FILTERS_FOR_ALL

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Refuse to find an e-mail address out, by a filter or by an order."""
        given = self.request.query_params
        if not self._sees_addresses and (ADDRESS in given or _orders_by_address(given)):
            raise PermissionDenied(
                f"{ADDRESS}: only administrators may filter and order by it."
            )
        return super().filter_queryset(queryset)

    @property
    def reader(self) -> RecordReader:
        """The reader of the fields that the request selects, as this user sees them."""
        reader = super().reader
        return (
            reader if self._sees_addresses else OwnAddressReader(reader, self.user.pk)
        )

    @property
    def _sees_addresses(self) -> bool:
        """Whether the user sees all e-mail addresses; OpenAPI describes that."""
        is_described = getattr(self, "swagger_fake_view", False)
        return is_described or is_administrator(self.request.user)


def _orders_by_address(given: Mapping[str, str]) -> bool:
    keys = given.get("ordering", "").split(",")
    return any(key.strip().removeprefix("-") == ADDRESS for key in keys)


class GroupViewSet(RowViewSet):
    """Groups of accounts. Only users who are signed in can read them."""

    row_type = GROUP
    serializer_class = GroupSerializer
    permission_classes = (SignedIn,)


class UsernameView(PlainView):
    """The name of the signed-in account."""

    permission_classes = (SignedIn,)
    token_scopes = (PROFILE,)
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
        """Return the name of the signed-in account."""
        return Response({"username": self.user.get_username()})


class EventViewSet(RowViewSet):
    """The audit trail: who did what to which record or account, and from where.

    Only administrators can read it. It does not contain passwords, keys or tokens.
    """

    row_type = EVENT
    filters = EVENT_FILTERS
    serializer_class = EventSerializer
    permission_classes = (AdministratorsOnly,)


class RoleRequestViewSet(RowViewSet):
    """Requests for roles. You can read your own; administrators can read all."""

    row_type = ROLE_REQUEST
    filters = ROLE_REQUEST_FILTERS
    serializer_class = RoleRequestSerializer
    permission_classes = (SignedIn,)

    def get_queryset(self) -> QuerySet[Any]:
        """Return the requests that the user can read."""
        queryset = super().get_queryset()
        if is_administrator(self.user):
            return queryset
        return queryset.filter(user=self.user)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return one request; 404 for a request of another person."""
        pk = int(self.kwargs["pk"])
        if not self.get_queryset().filter(pk=pk).exists():
            raise Http404(f"role request {pk} does not exist.")
        return super().retrieve(request, *args, **kwargs)

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Request a role. An administrator grants or refuses the request."""
        self.check_field_choice()
        return run_idempotently(request, lambda: self._create(request))

    def _create(self, request: Request) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        made = request_role(**serializer.validated_data, by=self.user)
        return self.record_response(made.pk, status=201)

    @extend_schema(request=DecisionSerializer, responses=RoleRequestSerializer)
    def decide(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Grant, refuse or withdraw a request for a role.

        Administrators can grant a request, or refuse it with a reason. The person who
        made it can withdraw it. A request can be decided only once; a second decision
        gets 409.
        """
        self.check_field_choice()
        pk = int(self.kwargs["pk"])
        serializer = DecisionSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        given = serializer.validated_data
        if given["state"] == RoleRequest.State.WITHDRAWN:
            withdraw_request(pk, by=self.user)
        else:
            decide_request(pk, **given, by=self.user)
        return self.record_response(pk)


class AccessView(PlainView):
    """Whether the signed-in account has the access level in the address.

    Every account has the level `general`. The levels `read`, `write` and `admin` need
    the role `entity-registry-read` and so on, or a higher one of these roles.
    Administrators have all levels.
    """

    permission_classes = (SignedIn,)
    token_scopes = (PROFILE,)
    parameters = ("format",)

    @extend_schema(responses=AccessSerializer)
    def get(self, request: Request, level: str) -> Response:
        """Return the account and its roles, or 403 if the role is missing."""
        if level != "general" and not has_access(self.user, level):
            raise PermissionDenied(
                f"This needs the role entity-registry-{level}, which you do not have."
            )
        return Response(
            {
                "username": self.user.get_username(),
                "email": self.user.email if self._can_read_email() else "",
                "roles": sorted(effective_roles(self.user)),
            }
        )

    def _can_read_email(self) -> bool:
        """Return whether the credentials allow to read the e-mail address."""
        access = self.request.auth
        return not isinstance(access, AccessToken) or bool(
            access.scopes & {READ, EMAIL}
        )
