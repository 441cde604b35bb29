"""The views that withdraw records, close namespaces, and name co-owners."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.response import Response

from registry.api.base.serializers import RecordSerializer
from registry.api.base.viewsets import RowViewSet
from registry.api.ownership.schema import OwnershipSchema
from registry.api.ownership.serializers import (
    CoOwnerSerializer,
    NamedSerializer,
    ReasonSerializer,
)
from registry.catalogue.members import set_closed
from registry.catalogue.record_types import OBJECT
from registry.core.models import Record
from registry.core.record_types import RecordType, record_type_named
from registry.http.conditional import if_match_revisions
from registry.identity.co_owners import co_owners_of, name_co_owner, remove_co_owner
from registry.identity.withdrawal import put_back_record, withdraw_record

if TYPE_CHECKING:
    from django.http import HttpRequest
    from rest_framework.request import Request

    from registry.identity.models import CoOwner

_RECORD = OpenApiResponse(OpenApiTypes.OBJECT, "The record.")


class OwnershipViewSet(RowViewSet):
    """What the people who look after a record can do to it beside changing it."""

    pagination_class = None
    schema = OwnershipSchema()

    #: The address decides; this one stands for all in OpenAPI.
    row_type: RecordType[Any] = OBJECT

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Take the record type from the address."""
        self.row_type = record_type_named(kwargs["kind"])
        return super().dispatch(request, *args, **kwargs)

    def get_description_text(self) -> str:
        """Return what the method of this address does."""
        handler = getattr(self, self.action, None) or type(self)
        return str(handler.__doc__)

    def get_serializer(self, *args: Any, **kwargs: Any) -> RecordSerializer:
        """Return a serializer of the record."""
        kwargs.setdefault("context", self.get_serializer_context())
        return RecordSerializer(*args, record_type=self.row_type, **kwargs)

    @extend_schema(request=ReasonSerializer, responses=_RECORD)
    def withdraw(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Withdraw a record for a reason.

        The record stays and says why; lists leave it out, its data is answered with 410
        and the reason, lineages mark it.
        """
        self.check_field_choice()
        given = ReasonSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        withdraw_record(
            self._record_model,
            self._pk,
            by=self.user,
            unless_changed=if_match_revisions(request),
            **given.validated_data,
        )
        return self.record_response(self._pk)

    @extend_schema(request=None, responses=_RECORD)
    def put_back(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Put a withdrawn record back."""
        self.check_field_choice()
        put_back_record(
            self._record_model,
            self._pk,
            by=self.user,
            unless_changed=if_match_revisions(request),
        )
        return self.record_response(self._pk)

    @extend_schema(request=None, responses=_RECORD)
    def close(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Close a namespace: only its members register data products in it."""
        return self._set_closed(closed=True)

    @extend_schema(request=None, responses=_RECORD)
    def open(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Open a namespace: anybody with an account registers data products in it."""
        return self._set_closed(closed=False)

    @extend_schema(responses=CoOwnerSerializer(many=True))
    def list_people(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return the people whom the owner has named to look after a record as well."""
        record = self._record
        shown = [self._show(one) for one in co_owners_of(record)]
        if self.row_type.sharing.is_passed_on:
            shown.insert(0, self._show_owner(record))
        return Response(shown)

    @extend_schema(request=NamedSerializer, responses=CoOwnerSerializer)
    def name_person(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Name a person to look after a record as well; 201, or 200 if named before."""
        given = NamedSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        username = given.validated_data["user"]
        named, is_new = name_co_owner(
            self._record_model, self._pk, username, by=self.user
        )
        return Response(self._show(named), status=201 if is_new else 200)

    @extend_schema(responses={204: None})
    def remove_person(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Remove a person whom an owner named; everybody can remove themselves."""
        account = int(self.kwargs["account"])
        remove_co_owner(self._record_model, self._pk, account, by=self.user)
        return Response(status=204)

    def _set_closed(self, *, closed: bool) -> Response:
        self.check_field_choice()
        revisions = if_match_revisions(self.request)
        set_closed(self._pk, closed=closed, by=self.user, unless_changed=revisions)
        return self.record_response(self._pk)

    @property
    def _pk(self) -> int:
        return int(self.kwargs["pk"])

    @property
    def _record_model(self) -> type[Record]:
        return self.row_type.model

    @property
    def _record(self) -> Record:
        found: Record | None = self.get_queryset().filter(pk=self._pk).first()
        if found is None:
            raise Http404(f"{self.row_type.title} {self._pk} does not exist.")
        return found

    def _show_owner(self, record: Record) -> dict[str, Any]:
        """Return the first member of a namespace, whom nobody named."""
        signed_in = self.request.user.is_authenticated
        user = f"{self.base}users/{record.registered_by_id}/"
        name = record.registered_by.get_username() if signed_in else ""
        return {"user": user, "username": name, "named_by": user, "named_at": None}

    def _show(self, named: CoOwner) -> dict[str, Any]:
        """Return a co-owner; only people who are signed in see names of accounts."""
        signed_in = self.request.user.is_authenticated
        return {
            "user": f"{self.base}users/{named.user_id}/",
            "username": named.user.username if signed_in else "",
            "named_by": f"{self.base}users/{named.named_by_id}/",
            "named_at": named.named_at,
        }
