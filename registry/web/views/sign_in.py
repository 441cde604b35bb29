"""Sign in with the password of a local account, and sign out."""

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
    """The form of a user name and a password.

    A name that is too long for any account is not looked up. If ``refused`` is set, the
    form shows it and validates nothing.
    """

    refused: SignInRefused | None = None

    def clean(self) -> dict[str, Any]:
        """Authenticate; refuse a name that is too long for the table of django-axes."""
        if self.refused is not None:
            raise ValidationError(self.refused.advice)
        if len(self.cleaned_data.get("username", "")) > MAX_USERNAME_LENGTH:
            raise self.get_invalid_login_error()
        return super().clean()


class SignInView(LoginView):
    """The sign-in page.

    Failures are counted by address. In addition, django-axes locks an account after
    repeated failures.
    """

    template_name = "web/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Check the password, unless there were too many attempts from this address."""
        try:
            with sign_in_attempt(request) as current:
                response = super().post(request, *args, **kwargs)
                if response.status_code == 302:
                    current.succeeded()
        except SignInRefused as refused:
            return self._refused(refused)
        return response

    def _refused(self, refused: SignInRefused) -> HttpResponse:
        """Show the form again without validating it."""
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
        """Show the form again, and record the failure."""
        audit.record_failure(
            str(form.data.get("username", "")),
            method="password",
            locked=getattr(self.request, "axes_locked_out", False),
        )
        return super().form_invalid(form)


def locked_out(
    request: HttpRequest, response: HttpResponse, credentials: Any
) -> HttpResponse:
    """Return the response after too many failures: a page, or JSON for HTTP Basic.

    django-axes calls this to replace the response of the last attempt.
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
    """Ends the browser session; requires POST."""

    next_page = "web:home"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Sign the user out, if they are signed in."""
        if request.user.is_authenticated:
            audit.record(verbs.SIGNED_OUT, person=request.user)
        return super().post(request, *args, **kwargs)
