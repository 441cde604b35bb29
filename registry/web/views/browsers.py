"""Sign out of one's other browsers, from the account page."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from registry.core.errors import NotFound
from registry.identity import browser_sessions

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from registry.identity.models import User


@login_required
@require_POST
def sign_out_there(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign out of one browser."""
    try:
        ended = browser_sessions.end(pk, by=cast("User", request.user))
    except NotFound:
        messages.info(request, "You were signed out there already.")
        return _account()
    if ended.session_id == request.session.session_key:
        # this browser: nobody is signed in any more
        request.session.flush()
        return redirect("web:home")
    messages.success(request, f"You are signed out of {ended}.")
    return _account()


@login_required
@require_POST
def sign_out_elsewhere(request: HttpRequest) -> HttpResponse:
    """Sign out of all browsers but this one."""
    user = cast("User", request.user)
    here = request.session.session_key or ""
    ended = browser_sessions.end_all(user, by=user, but=here)
    if ended:
        messages.success(request, f"Browsers that you are signed out of: {ended}.")
    else:
        messages.info(request, "You were signed in nowhere else.")
    return _account()


def _account() -> HttpResponse:
    return redirect(f"{reverse('web:account')}#browsers")
