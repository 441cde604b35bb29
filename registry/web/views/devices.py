"""Authorise programs on other devices, and revoke their access."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from registry.core.errors import NotFound
from registry.http.sign_in_attempts import (
    TooManyAttempts,
    count_failure,
    require_attempts_left,
)
from registry.identity.oauth.devices import (
    decide_device,
    find_pending_device,
    format_user_code,
)
from registry.identity.oauth.scopes import scope_descriptions
from registry.identity.oauth.sessions import end_session
from registry.web.views import errors

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from registry.identity.models import User

#: The same message for unknown, used and expired codes, so that it reveals nothing.
_WRONG = "This code is wrong, or no longer valid. Check the code on your device."


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def device(request: HttpRequest) -> HttpResponse:
    """Ask for the code of a device, then for the decision to authorise it."""
    try:
        return _decide(request) if request.method == "POST" else _show_device(request)
    except TooManyAttempts as refused:
        return errors.too_many(request, refused.seconds)


def _show_device(request: HttpRequest) -> HttpResponse:
    """Show the scopes that the device with this code asks for."""
    typed = request.GET.get("user_code", "")
    if typed:
        require_attempts_left(request)
    waiting = find_pending_device(typed) if typed else None
    if waiting is None:
        return _show_code_form(request, typed)
    context = {
        "waiting": waiting,
        "user_code": format_user_code(waiting.user_code),
        "scopes": scope_descriptions(waiting.scope),
    }
    return render(request, "web/device_confirm.html", context)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD"])
def device_done(request: HttpRequest) -> HttpResponse:
    """Show the page that asks the person to go back to the device."""
    return render(request, "web/device_done.html")


@login_required
@require_POST
def revoke_session(request: HttpRequest, pk: int) -> HttpResponse:
    """Revoke the access that a person gave a program."""
    try:
        ended = end_session(pk, by=cast("User", request.user), own=True)
        messages.success(request, f"{ended.client} no longer has access.")
    except NotFound:
        messages.info(request, "This access was already revoked.")
    return redirect(f"{reverse('web:account')}#programs")


def _show_code_form(request: HttpRequest, typed: str) -> HttpResponse:
    """Show the field for the code; limit how often a person can guess."""
    if not typed:
        return render(request, "web/device.html")
    count_failure(request)
    context = {"typed": typed[:20], "problem": _WRONG}
    return render(request, "web/device.html", context, status=404)


def _decide(request: HttpRequest) -> HttpResponse:
    require_attempts_left(request)
    typed = request.POST.get("user_code", "")
    approve = request.POST.get("decision") == "allow"
    try:
        decided = decide_device(typed, approve=approve, by=cast("User", request.user))
    except NotFound:
        return _show_code_form(request, typed or "-")
    if approve:
        messages.success(request, f"{decided.client} can now act in your name.")
    else:
        messages.info(request, f"You denied access to {decided.client}.")
    return redirect("web:device-done")
