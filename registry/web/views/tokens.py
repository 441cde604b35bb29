"""The one API token of a person: made and ended by POST, shown once."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from registry.identity.models import ApiToken, User
from registry.identity.services import issue_token, revoke_token

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_variables("key")
def get_token(request: HttpRequest) -> HttpResponse:
    """Make a token and show its key; a GET only says whether there is one."""
    user = cast("User", request.user)
    key = issue_token(user=user, by=user) if request.method == "POST" else None
    token = ApiToken.objects.filter(user=user).first()
    made = token.created if token else None
    return render(request, "web/token.html", {"key": key, "made": made})


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def revoke(request: HttpRequest) -> HttpResponse:
    """End the token; a GET changes nothing."""
    user = cast("User", request.user)
    if request.method == "POST":
        if revoke_token(user=user, by=user):
            messages.success(request, "Your API token was revoked.")
        else:
            messages.info(request, "You had no API token.")
    return redirect("web:get-token")
