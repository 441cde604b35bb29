"""JSON responses that must not be cached, and a limit for failed attempts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpResponse, JsonResponse

from registry.http.sign_in_attempts import SignInRefused, TooManyAttempts, count_failure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest

#: Errors that somebody gets who guesses secrets, codes or tokens.
_GUESSES = (b'"invalid_client"', b'"invalid_grant"', b'"invalid_token"')


def oauth_response(
    body: Mapping[str, Any] | str | None,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """Return a response that must not be cached (RFC 6749, section 5.1)."""
    response: HttpResponse
    if isinstance(body, str) or body is None:
        response = HttpResponse(body or "", "application/json", status)
    else:
        response = JsonResponse(dict(body), status=status)
    for name, value in (headers or {}).items():
        response[name] = value
    response["Cache-Control"] = "no-store"
    response["Pragma"] = "no-cache"
    return response


def oauth_error(error: str, description: str, status: int = 400) -> HttpResponse:
    """Return an OAuth error response (RFC 6749, section 5.2)."""
    response = oauth_response(
        {"error": error, "error_description": description}, status
    )
    if status == 401:
        response["WWW-Authenticate"] = 'Basic realm="registry"'
    return response


def limit_guesses(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Count a failed attempt; return 429 instead if the address had too many."""
    if not any(guess in response.content for guess in _GUESSES):
        return response
    try:
        count_failure(request)
    except TooManyAttempts as refused:
        return too_many_attempts(refused)
    return response


def too_many_attempts(refused: SignInRefused) -> HttpResponse:
    """Return 429 after too many attempts, or 503 if all hashing slots are taken."""
    is_limited = isinstance(refused, TooManyAttempts)
    error = "slow_down" if is_limited else "temporarily_unavailable"
    wait = f"Try again in {refused.seconds} seconds."
    response = oauth_error(error, wait, refused.status_code)
    response["Retry-After"] = str(refused.seconds)
    return response
