"""Store where people sign in, and when each browser was last seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth import update_session_auth_hash

from registry.identity import browser_sessions
from registry.identity.models import BrowserSession

if TYPE_CHECKING:
    from django.http import HttpRequest

    from registry.identity.models import User


def remember_sign_in(request: HttpRequest, user: User, **_: Any) -> None:
    """Store a new browser session (a receiver of ``user_logged_in``)."""
    if request.session.session_key is None:
        # somebody else was signed in with this browser
        request.session.save()
    browser_sessions.remember(user, str(request.session.session_key))


def see_visit(request: HttpRequest) -> None:
    """Store that the browser of a signed-in person is in use."""
    key = request.session.session_key
    if request.user.is_authenticated and key:
        browser_sessions.see(request.user, key)


def stay_signed_in(request: HttpRequest, user: User) -> None:
    """Keep this browser signed in after the password changed; its key changes."""
    key = request.session.session_key
    row = BrowserSession.objects.filter(session_id=key).first()
    update_session_auth_hash(request, user)
    browser_sessions.remember(
        user, str(request.session.session_key), began=row.began if row else None
    )
