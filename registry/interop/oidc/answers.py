"""Answers in JSON that nobody may keep, and counting those that fail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpResponse, JsonResponse

from registry.http.sign_in_attempts import SignInRefused, TooManyAttempts, count_failure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest

#: Errors of those who guess: at secrets, codes or tokens.
_GUESSES = (b'"invalid_client"', b'"invalid_grant"', b'"invalid_token"')


def answer(
    body: Mapping[str, Any] | str | None,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """Return an answer that holds, or may hold, a secret (RFC 6749, section 5.1)."""
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


def refusal(error: str, description: str, status: int = 400) -> HttpResponse:
    """Return an error as OAuth has it (RFC 6749, section 5.2)."""
    response = answer({"error": error, "error_description": description}, status)
    if status == 401:
        response["WWW-Authenticate"] = 'Basic realm="registry"'
    return response


def slowed(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Answer 429 instead to an address that has guessed too often."""
    if not any(guess in response.content for guess in _GUESSES):
        return response
    try:
        count_failure(request)
    except TooManyAttempts as refused:
        return not_looked_at(refused)
    return response


def not_looked_at(refused: SignInRefused) -> HttpResponse:
    """Answer an attempt that comes too early: 429, or 503 where all are busy."""
    many = isinstance(refused, TooManyAttempts)
    error = "slow_down" if many else "temporarily_unavailable"
    wait = f"Try again in {refused.seconds} seconds."
    late = refusal(error, wait, refused.status_code)
    late["Retry-After"] = str(refused.seconds)
    return late
