"""The pages of role requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin

from registry.admin.base import signed_in_user
from registry.admin.filters import LinkFilter
from registry.admin.forms import ServiceForm
from registry.admin.records import ServiceAdmin
from registry.catalogue.record_types import PEOPLE
from registry.identity.models import RoleRequest
from registry.identity.requests import DECISIONS, decide_request
from registry.identity.roles import is_administrator

if TYPE_CHECKING:
    from django.db.models import Model
    from django.http import HttpRequest

_ABOUT = ("user", "role", "reason", "made_at")
_OUTCOME = ("state", "answer", "decided_by", "decided_at")


class DecisionForm(ServiceForm):
    """The form to grant or refuse a request, with an answer to the person."""

    decision = forms.ChoiceField(
        choices=[(state, state.label) for state in DECISIONS],
        widget=forms.RadioSelect,
    )

    class Meta:
        model = RoleRequest
        fields = ("answer",)


@admin.register(RoleRequest)
class RoleRequestAdmin(ServiceAdmin):
    """Role requests. An administrator decides each of them once."""

    section = PEOPLE
    form = DecisionForm
    list_display = ("user", "role", "state", "made_at", "decided_by", "decided_at")
    list_filter = ("state", "made_at", ("user", LinkFilter))
    list_select_related = ("user", "decided_by")
    search_fields = ("user__username", "user__full_name", "role", "reason")

    def __init__(self, model: type[Model], admin_site: admin.AdminSite) -> None:
        super().__init__(model, admin_site)
        # the events about a request belong to the account
        self.event_kind = ""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: people request roles on their account page."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Require an administrator, and an open request of another person."""
        if obj is None:
            return is_administrator(request.user)
        is_open = obj.state == RoleRequest.State.OPEN
        own = obj.user_id == request.user.pk
        return is_open and not own and is_administrator(request.user)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the request, and the form or the decision."""
        decides = self.has_change_permission(request, obj)
        outcome = ("decision", "answer") if decides else _OUTCOME
        return [(None, {"fields": _ABOUT}), ("Decision", {"fields": outcome})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Return the fields of the request and of its decision."""
        return [*_ABOUT, "state", "decided_by", "decided_at"]

    def store(self, request: HttpRequest, obj: Any, form: Any) -> Model:
        """Decide the request with the service."""
        return decide_request(
            obj.pk,
            state=form.cleaned_data["decision"],
            answer=form.cleaned_data["answer"],
            by=signed_in_user(request),
        )
