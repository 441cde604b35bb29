"""Signing in with the password of a local account, and signing out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.core.exceptions import ValidationError
from django.http import JsonResponse
from django.shortcuts import render

from registry.http.sign_in_attempts import SignInRefused, sign_in_attempt
from registry.identity import audit, verbs
from registry.identity.audit import MAX_USERNAME_LENGTH

if TYPE_CHECKING:
    from datetime import timedelta

    from django.http import HttpRequest, HttpResponse


class SignInForm(AuthenticationForm):
    """Name and password. A name that no account can have is not even looked for.

    Where ``refused`` is set, the form says so and looks at nothing.
    """

    refused: SignInRefused | None = None

    def clean(self) -> dict[str, Any]:
        """Refuse, like a wrong name, what is too long for the guard's table as well."""
        if self.refused is not None:
            raise ValidationError(self.refused.advice)
        if len(self.cleaned_data.get("username", "")) > MAX_USERNAME_LENGTH:
            raise self.get_invalid_login_error()
        return super().clean()


class SignInView(LoginView):
    """The sign-in form.

    Failures are counted by address; django-axes locks an account besides, after
    repeated failures.
    """

    template_name = "web/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Try the password, unless this address has tried too often."""
        try:
            with sign_in_attempt(request) as current:
                response = super().post(request, *args, **kwargs)
                if response.status_code == 302:
                    current.succeeded()
        except SignInRefused as refused:
            return self._refused(refused)
        return response

    def _refused(self, refused: SignInRefused) -> HttpResponse:
        """Show the form again, of which nothing was looked at."""
        form: Any = self.get_form()
        form.refused = refused
        response = self.render_to_response(self.get_context_data(form=form))
        response.status_code = refused.status_code
        response["Retry-After"] = str(refused.seconds)
        return response

    def form_valid(self, form: Any) -> HttpResponse:
        """Sign the person in."""
        response = super().form_valid(form)
        audit.record(
            verbs.SIGNED_IN, person=form.get_user(), detail={"with": "password"}
        )
        return response

    def form_invalid(self, form: Any) -> HttpResponse:
        """Show the form again, and write the failure down."""
        audit.record_failure(
            str(form.data.get("username", "")),
            method="password",
            locked=getattr(self.request, "axes_locked_out", False),
        )
        return super().form_invalid(form)


def locked_out(
    request: HttpRequest, response: HttpResponse, credentials: Any
) -> HttpResponse:
    """Answer who failed too often: the page, or JSON where HTTP Basic was used.

    django-axes calls this in place of whatever answered the last attempt.
    """
    wait: timedelta = settings.AXES_COOLOFF_TIME
    minutes = round(wait.total_seconds() / 60)
    answer: HttpResponse
    if "Authorization" in request.headers:
        detail = f"Too many failed attempts to sign in: wait {minutes} minutes."
        answer = JsonResponse({"detail": detail}, status=429)
    else:
        context = {
            "username": (credentials or {}).get("username", ""),
            "limit": settings.AXES_FAILURE_LIMIT,
            "minutes": minutes,
        }
        answer = render(request, "web/locked_out.html", context, status=429)
    answer["Retry-After"] = str(round(wait.total_seconds()))
    return answer


class SignOutView(LogoutView):
    """Ends the session; only by POST."""

    next_page = "web:home"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Sign the person out, if anybody is in."""
        if request.user.is_authenticated:
            audit.record(verbs.SIGNED_OUT, person=request.user)
        return super().post(request, *args, **kwargs)
