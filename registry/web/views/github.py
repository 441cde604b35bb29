"""Sign in with GitHub, and link a GitHub account with a local one.

Both begin with a POST, because they change the session. GitHub redirects back with a
GET, which the OAuth state ties to the session. A GET of the other addresses redirects
to the page with the button.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods
from social_core.exceptions import SocialAuthBaseException
from social_django.utils import load_strategy

from registry.core.errors import Conflict
from registry.http.sign_in_attempts import (
    TooManyAttempts,
    count_failure,
    sign_in_attempt,
)
from registry.identity import audit, verbs
from registry.identity.social import GitHub, LoginIntent, unlink_account
from registry.web.problems import names_of, problem_of
from registry.web.views import errors

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from registry.identity.models import User

log = logging.getLogger("registry.sign_in")

_MAX_PATH_LENGTH = 8000
_BACKEND = f"{GitHub.__module__}.{GitHub.__qualname__}"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def begin(request: HttpRequest) -> HttpResponse:
    """Redirect to GitHub to sign in."""
    wanted = _safe_path(request.POST.get("next", ""))
    if request.method != "POST":
        return redirect("web:sign-in")
    return _redirect_to_github(
        request,
        LoginIntent(
            next=wanted,
            allow_other_name="another_name" in request.POST,
            choose_account="choose" in request.POST,
        ),
    )


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def link(request: HttpRequest) -> HttpResponse:
    """Redirect to GitHub to link the account."""
    if request.method != "POST":
        return redirect("web:account")
    return _redirect_to_github(
        request,
        LoginIntent(
            next=reverse("web:account"), link_to=request.user.pk, choose_account=True
        ),
    )


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def unlink(request: HttpRequest) -> HttpResponse:
    """Unlink the GitHub account of the signed-in account."""
    user = cast("User", request.user)
    if request.method == "POST":
        try:
            if unlink_account(user=user, by=user):
                messages.success(request, "Your account is now unlinked from GitHub.")
        except Conflict as error:
            messages.error(request, error.detail)
    return redirect("web:account")


@never_cache
@require_GET
def complete(request: HttpRequest) -> HttpResponse:
    """Complete a sign-in or a link after GitHub redirected back."""
    backend = _backend(request)
    try:
        with sign_in_attempt(request, slow=False) as current:
            response = _complete(request, backend)
            if response.status_code == 302:
                current.succeeded()
    except TooManyAttempts as refused:
        return errors.too_many(request, refused.seconds)
    return response


def _complete(request: HttpRequest, backend: GitHub) -> HttpResponse:
    signed_in = request.user if request.user.is_authenticated else None
    try:
        user: Any = backend.complete(user=signed_in, request=request)
    except SocialAuthBaseException as error:
        return _problem_page(request, error, backend.intent)
    if backend.intent.link_to is not None:
        messages.success(request, "You can now sign in with GitHub.")
    else:
        login(request, user, backend=_BACKEND)
        audit.record(verbs.SIGNED_IN, person=user, detail={"with": "GitHub"})
        if user.is_new:
            messages.success(
                request,
                f"Welcome. Your account is {user.username}; you can register records.",
            )
    return redirect(backend.intent.next or settings.LOGIN_REDIRECT_URL)


def _backend(request: HttpRequest) -> GitHub:
    if not settings.SOCIAL_AUTH_GITHUB_KEY:
        raise Http404("There is no sign-in with GitHub here.")
    strategy = load_strategy(request)  # type: ignore[no-untyped-call]
    return GitHub(strategy, reverse("web:github-complete"))


def _redirect_to_github(request: HttpRequest, intent: LoginIntent) -> HttpResponse:
    backend = _backend(request)
    try:
        # each start counts as an attempt, because GitHub decides the result
        count_failure(request)
    except TooManyAttempts as refused:
        return errors.too_many(request, refused.seconds)
    answer: HttpResponse = backend.begin(intent)
    return answer


def _safe_path(address: str) -> str:
    """Return the address if it is a safe path of this site, else an empty text."""
    own = address.startswith("/") and len(address) <= _MAX_PATH_LENGTH
    # pages below /social/ explain why a sign-in failed
    if not own or address.startswith("/social/"):
        return ""
    return address if url_has_allowed_host_and_scheme(address, None) else ""


def _problem_page(
    request: HttpRequest, error: SocialAuthBaseException, intent: LoginIntent
) -> HttpResponse:
    problem, names = problem_of(error), names_of(error)
    if names["login"]:
        # GitHub identified the person, but the registry refused them
        audit.record(
            verbs.SIGN_IN_FAILED,
            person=None,
            subject=f"{names['login']} at GitHub",
            detail={"with": "GitHub", "because": error.code},
        )
    if problem.logged:
        values = {
            "code": error.code,
            "stage": error.stage,
            "said": error.provider_code or error.status_code or "-",
        }
        log.warning("signing in with GitHub failed", extra={"values": values})
    context = {
        "problem": problem,
        "heading": problem.heading.format_map(names),
        "text": problem.text.format_map(names),
        "code": error.code,
        "intent": intent,
        # for the menu: the present address would only show the problem again
        "next_page": intent.next or "/",
        "github_orgs": bool(settings.SOCIAL_AUTH_GITHUB_ALLOWED_ORGS),
        "github_url": settings.SOCIAL_AUTH_GITHUB_URL,
        "github_grants": f"{settings.SOCIAL_AUTH_GITHUB_URL}/settings/connections"
        f"/applications/{settings.SOCIAL_AUTH_GITHUB_KEY}",
        **names,
    }
    return render(request, "web/github_problem.html", context, status=problem.status)
