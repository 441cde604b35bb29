"""Change one's own password, or choose a new one by the link of an administrator."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast
from urllib.parse import urlencode

from axes.utils import reset as forget_failures
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from registry.core.errors import NotFound
from registry.http.browser_sessions import stay_signed_in
from registry.http.sign_in_attempts import (
    TooManyAttempts,
    count_failure,
    require_attempts_left,
)
from registry.identity.accounts import change_password
from registry.identity.hashing import hashing_slots
from registry.identity.resets import reset_password, user_of_reset_key
from registry.web.password_forms import NewPasswordForm, OwnPasswordForm
from registry.web.views import errors

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from registry.identity.models import User

#: Where the session holds the key of a link, so that no address shows it any more.
_KEY = "password_reset_key"


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
def change(request: HttpRequest) -> HttpResponse:
    """Show the form; a POST with the old password sets a new one."""
    user = cast("User", request.user)
    is_sent = request.method == "POST"
    if not user.has_usable_password():
        status = 409 if is_sent else 200
        return render(request, "web/password.html", {"form": None}, status=status)
    form = OwnPasswordForm(user, request.POST if is_sent else None, request=request)
    if is_sent and form.is_valid():
        return _change(request, user, form)
    response = render(
        request, "web/password.html", {"form": form}, status=400 if is_sent else 200
    )
    if form.refused is not None:
        response.status_code = form.refused.status_code
        response["Retry-After"] = str(form.refused.seconds)
    return response


def _change(request: HttpRequest, user: User, form: OwnPasswordForm) -> HttpResponse:
    """Set the password; this browser stays signed in, and all others do not."""
    given = form.cleaned_data
    change_password(
        user=user,
        password=given["new_password1"],
        by=user,
        end_access=given["end_access"],
        stay_in=request.session.session_key or "",
    )
    stay_signed_in(request, user)
    messages.success(
        request, "Your password was changed. Your other browsers are signed out."
    )
    return redirect("web:account")


@require_safe
def forgotten(request: HttpRequest) -> HttpResponse:
    """Say how to get a link for a new password."""
    return render(request, "web/forgotten_password.html")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
def reset(request: HttpRequest) -> HttpResponse:
    """Open a link, then ask for a new password; guesses of links are limited."""
    try:
        if "key" in request.GET:
            return _open_link(request)
        return _choose_password(request)
    except TooManyAttempts as refused:
        return errors.too_many(request, refused.seconds)


@sensitive_variables("key")
def _open_link(request: HttpRequest) -> HttpResponse:
    """Keep the key in the session, and lead to the address without it."""
    require_attempts_left(request)
    key = request.GET["key"]
    if user_of_reset_key(key) is None:
        count_failure(request)
        return _invalid_link(request)
    request.session[_KEY] = key
    return redirect("web:reset-password")


@sensitive_variables("key")
def _choose_password(request: HttpRequest) -> HttpResponse:
    """Show the form; a POST sets the password."""
    key = request.session.get(_KEY, "")
    user = user_of_reset_key(key)
    if user is None:
        return _invalid_link(request)
    is_sent = request.method == "POST"
    form = NewPasswordForm(user, request.POST if is_sent else None)
    if not (is_sent and form.is_valid()):
        context = {"form": form, "account": user}
        status = 400 if is_sent else 200
        return render(request, "web/reset_password.html", context, status=status)
    try:
        with hashing_slots().take():
            reset_password(key=key, password=form.cleaned_data["new_password1"])
    except NotFound:
        return _invalid_link(request)
    return _lead_to_sign_in(request, user)


def _lead_to_sign_in(request: HttpRequest, user: User) -> HttpResponse:
    """Lead to the sign-in page, which is not locked by failures any more."""
    forget_failures(username=user.username)
    del request.session[_KEY]
    if request.user.pk == user.pk:
        logout(request)
    messages.success(request, f"{user.username} has a new password. Sign in with it.")
    name = urlencode({"username": user.username})
    return redirect(f"{reverse('web:sign-in')}?{name}")


def _invalid_link(request: HttpRequest) -> HttpResponse:
    context = {"form": None}
    return render(request, "web/reset_password.html", context, status=404)
