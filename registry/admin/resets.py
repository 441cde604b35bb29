"""One-time links with which people choose a new password."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path

from registry.admin.base import signed_in_user
from registry.admin.records import ServiceAdmin
from registry.admin.related import change_address
from registry.core.errors import Conflict
from registry.http.reset_links import reset_address
from registry.identity.resets import make_reset_key

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


class ResetLinkAdmin(ServiceAdmin):
    """The page of an account, with a button that makes a link."""

    change_form_template = "admin/registry/account_form.html"

    def get_urls(self) -> list[Any]:
        """Return the addresses of the pages, with that of the button."""
        view = self.admin_site.admin_view(self.reset_link_view)
        made = path("<path:object_id>/reset-link/", view, name="registry_reset_link")
        return [made, *super().get_urls()]

    def reset_link_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Make a link and show it, this once; requires POST."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        user: Any = self.get_object(request, unquote(object_id))
        if user is None:
            return self._get_obj_does_not_exist_redirect(  # type: ignore[attr-defined, no-any-return]
                request, self.opts, object_id
            )
        if not self.has_change_permission(request, user):
            raise PermissionDenied
        try:
            key = make_reset_key(user=user, by=signed_in_user(request))
        except Conflict as error:
            self.message_user(request, error.detail, messages.ERROR)
            return redirect(change_address(self.model, user.pk))
        context = {
            **self.admin_site.each_context(request),
            "title": f"Password link for {user.username}",
            "opts": self.opts,
            "account": user,
            "link": reset_address(key),
        }
        return TemplateResponse(request, "admin/registry/reset_link.html", context)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Offer a link where one would be made."""
        user: Any = context.get("original")
        context["offers_reset_link"] = (
            user is not None
            and user.is_active
            and user.pk != request.user.pk
            and self.has_change_permission(request, user)
        )
        return super().render_change_form(request, context, *args, **kwargs)
