"""The ``AdminSite`` of the registry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache

from registry.admin.autocomplete import AutocompleteView
from registry.admin.base import SERVICE, signed_in_user
from registry.admin.history import name_of_record
from registry.admin.status import service_status
from registry.core.models import Event
from registry.core.verbs import DELETED
from registry.identity.roles import may_enter_administration

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django.template.response import TemplateResponse

    from registry.core.traits import Section

#: The number of own events on the start page.
LATEST_EVENTS = 10


class RegistryAdminSite(admin.AdminSite):
    """The admin site, with sections by subject and the state of the service."""

    site_title = "Research registry"
    site_header = "Research registry administration"
    index_title = "Administration"
    index_template = "admin/registry_index.html"

    def has_permission(self, request: HttpRequest) -> bool:
        """Let in staff, and holders of roles of administrators and curators."""
        return may_enter_administration(request.user)

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """Show the models, the state of the service and the user's latest events."""
        latest = Event.objects.filter(by=signed_in_user(request))[:LATEST_EVENTS]
        context = {
            "service_status": service_status(request.user),
            "latest_events": [
                (event, name_of_record(event), self._record_address(event))
                for event in latest
            ],
            **(extra_context or {}),
        }
        return super().index(request, context)

    def _record_address(self, event: Event) -> str | None:
        """Return the address of the record of an event, if it has a page and exists."""
        if event.action == DELETED.name or event.record_id is None:
            return None
        for model, page in self._registry.items():
            if getattr(page, "event_kind", None) == event.kind:
                name = f"admin:{model._meta.app_label}_{model._meta.model_name}_change"
                return reverse(name, args=(event.record_id,))
        return None

    def get_app_list(
        self, request: HttpRequest, app_label: str | None = None
    ) -> list[Any]:
        """Return the models by section, sorted by name in each section."""
        apps: list[Any] = super().get_app_list(request, app_label)
        if app_label is not None:
            return apps
        sections: dict[Section, Any] = {}
        for app in apps:
            for entry in app["models"]:
                page = self._registry[entry["model"]]
                section = getattr(page, "section", SERVICE)
                label = section.title.lower().replace(" ", "-")
                listed = {**app, "name": section.title, "app_label": label}
                sections.setdefault(section, {**listed, "models": []})
                sections[section]["models"].append(entry)
        for shown in sections.values():
            shown["models"].sort(key=lambda entry: entry["name"])
        return [sections[one] for one in sorted(sections, key=lambda one: one.rank)]

    def autocomplete_view(self, request: HttpRequest) -> HttpResponse:
        """Return the rows that a link can lead to, as JSON."""
        view = AutocompleteView.as_view(admin_site=self)
        return cast("HttpResponse", view(request))

    @method_decorator(never_cache)
    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Redirect to the sign-in page of the site, which has all ways to sign in.

        Refuse a user who is signed in but cannot enter, to prevent endless redirects.
        """
        wanted = request.GET.get(REDIRECT_FIELD_NAME, "")
        if not url_has_allowed_host_and_scheme(wanted, {request.get_host()}):
            wanted = reverse("admin:index", current_app=self.name)
        if not request.user.is_authenticated:
            return redirect_to_login(wanted)
        if not self.has_permission(request):
            raise PermissionDenied
        return redirect(wanted)

    def password_change(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Redirect to the page of the site where everybody changes their password."""
        return redirect("web:change-password")
