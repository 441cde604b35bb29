"""Generate and revoke the API token of an account; its key is shown once."""

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
    """Generate a token and show its key; a GET only shows whether there is one."""
    user = cast("User", request.user)
    key = issue_token(user=user, by=user) if request.method == "POST" else None
    token = ApiToken.objects.filter(user=user).first()
    made = token.created if token else None
    return render(request, "web/token.html", {"key": key, "made": made})


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def revoke(request: HttpRequest) -> HttpResponse:
    """Revoke the token; a GET changes nothing."""
    user = cast("User", request.user)
    if request.method == "POST":
        if revoke_token(user=user, by=user):
            messages.success(request, "Your API token was revoked.")
        else:
            messages.info(request, "You had no API token.")
    return redirect("web:get-token")
