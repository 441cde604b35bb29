"""The base classes of all ``ModelAdmin`` classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, cast

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import PAGE_VAR
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import PermissionDenied
from django.template.response import TemplateResponse

from registry.admin.history import EVENTS_PER_PAGE, EventChanges, describe_event
from registry.admin.related import api_address, related_lists
from registry.core.models import Event
from registry.core.traits import Section
from registry.core.transactions import run_atomically
from registry.identity.roles import is_administrator

if TYPE_CHECKING:
    from collections.abc import Collection

    from django.db.models import Model
    from django.http import HttpRequest, HttpResponse

    from registry.identity.models import User

    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = admin.ModelAdmin


#: The last section of the start page: settings, and rows that the registry writes.
SERVICE = Section("The service", 100)


def signed_in_user(request: HttpRequest) -> User:
    """Return the signed-in user; all pages of the admin require an account."""
    return cast("User", request.user)


class RegistryAdmin(ModelAdmin):
    """The pages of one model: permissions, history, and lists that suit large tables.

    Django's log entries are not written, because the services write events.
    """

    section: ClassVar[Section] = SERVICE
    #: The kind of the rows in events; empty if they have no events.
    event_kind: str = ""
    deletable: ClassVar[bool] = False
    #: The text below the search field of the list.
    search_hint: ClassVar[str] = ""

    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    change_form_template = "admin/registry/change_form.html"
    change_list_template = "admin/registry/change_list.html"
    object_history_template = "admin/registry/object_history.html"

    def __init__(self, model: type[Model], admin_site: admin.AdminSite) -> None:
        super().__init__(model, admin_site)
        kind = getattr(model, "kind", "")
        if not self.event_kind and isinstance(kind, str):
            self.event_kind = kind

    @property
    def media(self) -> forms.Media:
        """The media, with the scripts of autocomplete in forms and filters."""
        search = AutocompleteSelect(None, self.admin_site).media
        named = forms.Media(js=("admin/js/autocomplete.js", "registry/admin.js"))
        return super().media + search + named

    # a page is repeated if the database aborts its transaction

    def changeform_view(self, *args: Any, **kwargs: Any) -> HttpResponse:
        """Add or change a row."""
        return run_atomically(
            lambda: super(RegistryAdmin, self).changeform_view(*args, **kwargs)
        )

    def delete_view(self, *args: Any, **kwargs: Any) -> HttpResponse:
        """Delete a row."""
        return run_atomically(
            lambda: super(RegistryAdmin, self).delete_view(*args, **kwargs)
        )

    # administrators have all permissions, other accounts those of Django

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Require an administrator, or any permission for the model."""
        return is_administrator(request.user) or super().has_module_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Require an administrator, or the permission to view."""
        administrator = is_administrator(request.user)
        return administrator or super().has_view_permission(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Require an administrator, or the permission to add."""
        return is_administrator(request.user) or super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Require an administrator, or the permission to change."""
        administrator = is_administrator(request.user)
        return administrator or super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Require an administrator, or the permission to delete.

        Nobody can delete rows that people can cite.
        """
        if not self.deletable:
            return False
        administrator = is_administrator(request.user)
        return administrator or super().has_delete_permission(request, obj)

    def lookup_allowed(
        self, lookup: str, value: Any, request: HttpRequest | None = None
    ) -> bool:
        """Refuse to filter by the hidden ends of links, as private records have."""
        # that is what Django calls them
        return not lookup.startswith("+") and super().lookup_allowed(
            lookup, value, request
        )

    # Django's own log stays empty, because the services write events

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Do nothing: the service writes an event."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Do nothing: the service writes an event."""

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Do nothing: the service writes an event."""

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Add the related lists and the API address of the record."""
        record = context.get("original")
        if record is not None and not context.get("is_popup"):
            context["related_lists"] = related_lists(self, request, record)
            context["api_address"] = api_address(record)
            context["has_history"] = bool(self.event_kind)
        return super().render_change_form(request, context, *args, **kwargs)

    def history_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the events of a record: who, when, by which client, what changed."""
        record = self.get_object(request, unquote(object_id))
        if not self.has_view_or_change_permission(request, record):
            raise PermissionDenied
        if record is None:
            return self._get_obj_does_not_exist_redirect(  # type: ignore[attr-defined, no-any-return]
                request, self.opts, object_id
            )
        context = {
            **self.admin_site.each_context(request),
            **self._events(request, record),
            "title": f"History: {record}",
            "subtitle": None,
            "object": record,
            "module_name": str(self.opts.verbose_name_plural).capitalize(),
            "opts": self.opts,
            **(extra_context or {}),
        }
        return TemplateResponse(request, self.object_history_template, context)

    def hidden_fields(self, request: HttpRequest, record: Model) -> Collection[str]:
        """Return the fields of a record whose values this user may not see."""
        return ()

    def _events(self, request: HttpRequest, record: Model) -> dict[str, Any]:
        """Return the context of one page of events, the latest first."""
        events = Event.objects.filter(kind=self.event_kind, record_id=record.pk)
        paginator = self.get_paginator(
            request, events.select_related("by"), EVENTS_PER_PAGE
        )
        page = paginator.get_page(request.GET.get(PAGE_VAR, 1))
        hidden = self.hidden_fields(request, record)
        described: list[EventChanges] = [
            describe_event(event, self.model, hidden) for event in page
        ]
        return {"events": described, "page": page, "page_var": PAGE_VAR}


class ReadOnlyAdmin(RegistryAdmin):
    """The pages of rows that only the registry itself writes."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: nobody can add rows."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: nobody can change rows."""
        return False
