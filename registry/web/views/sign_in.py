"""Signing in with the password of a local account, and signing out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.views import LoginView, LogoutView

from registry.http.addresses import client_address, is_exempt
from registry.http.throttling import count

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


class SignInView(LoginView):
    """The sign-in form.

    Attempts are counted by address; django-axes locks an account besides, after
    repeated failures.
    """

    template_name = "web/sign_in.html"
    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Try the password, unless this address has tried too often."""
        address = client_address(request)
        allowed, usage = count("login", address, exempt=is_exempt(address))
        if allowed:
            return super().post(request, *args, **kwargs)
        form = self.get_form()
        form.errors.clear()
        form.add_error(None, f"Too many attempts: try again in {usage.reset} seconds.")
        response = self.render_to_response(self.get_context_data(form=form))
        response.status_code = 429
        response["Retry-After"] = str(usage.reset)
        return response


class SignOutView(LogoutView):
    """Ends the session; only by POST."""

    next_page = "web:home"
