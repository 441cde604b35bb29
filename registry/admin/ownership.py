"""The pages of co-owners of records, and so of the members of namespaces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin

from registry.admin.base import signed_in_user
from registry.admin.filters import LinkFilter
from registry.admin.forms import ServiceForm
from registry.admin.records import ServiceAdmin
from registry.catalogue.record_types import PEOPLE
from registry.core.record_types import record_type_named, record_types_by_rank
from registry.identity.co_owners import name_co_owner, remove_co_owner
from registry.identity.models import CoOwner
from registry.identity.roles import is_curator

if TYPE_CHECKING:
    from django.db.models import Model
    from django.http import HttpRequest


def _kinds() -> list[tuple[str, str]]:
    return [(one.kind, one.title) for one in record_types_by_rank()]


class CoOwnerForm(ServiceForm):
    """The form that names a co-owner of a record."""

    kind = forms.ChoiceField(choices=_kinds, help_text="The kind of record.")

    class Meta:
        model = CoOwner
        fields = ("kind", "record_id", "user")


@admin.register(CoOwner)
class CoOwnerAdmin(ServiceAdmin):
    """Co-owners of records; of a namespace, its members."""

    section = PEOPLE
    form = CoOwnerForm
    deletable = True
    list_display = ("user", "kind", "record_id", "named_by", "named_at")
    list_filter = ("kind", "named_at", ("user", LinkFilter))
    list_select_related = ("user", "named_by")
    search_fields = ("user__username", "=record_id")

    def __init__(self, model: type[Model], admin_site: admin.AdminSite) -> None:
        super().__init__(model, admin_site)
        # the events belong to the record
        self.event_kind = ""

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Require a curator, or any permission for the model."""
        return is_curator(request.user) or super().has_module_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Require a curator, or the permission to view."""
        return is_curator(request.user) or super().has_view_permission(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Require a curator; owners name co-owners on the page of their record."""
        return is_curator(request.user)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: remove a person and name another."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Require a curator."""
        return is_curator(request.user)

    def store(self, request: HttpRequest, obj: Any, form: Any) -> Model:
        """Name the co-owner."""
        given = form.cleaned_data
        model = record_type_named(given["kind"]).model
        named, _ = name_co_owner(
            model,
            given["record_id"],
            given["user"].username,
            by=signed_in_user(request),
        )
        return named

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Remove the co-owner."""
        model = record_type_named(obj.kind).model
        remove_co_owner(model, obj.record_id, obj.user_id, by=signed_in_user(request))
