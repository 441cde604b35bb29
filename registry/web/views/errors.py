"""The pages for errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import DatabaseError
from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

if TYPE_CHECKING:
    from django.http import HttpRequest

_TITLES = {
    400: "This request is not valid",
    401: "These credentials are not valid",
    403: "You cannot do this",
    404: "Not found",
    409: "Not saved",
    410: "Withdrawn",
    411: "Content-Length is missing",
    413: "The request is too large",
    429: "Too many requests",
    500: "Internal error",
    503: "The registry is busy",
    507: "No disk space left",
}
_ADVICE = {
    400: "Part of the address or of the form could not be read.",
    401: "Generate a new API token on your account page, or sign in again.",
    403: "Sign in with an account that has permission, or ask an administrator.",
    404: "Check the address. The record may not exist.",
    409: "Reload the page and try again.",
    410: "The record is still here and says why its data is not.",
    411: "Send the length of the body as Content-Length.",
    413: "Send a smaller request. Files have an upload address of their own.",
    429: "Wait a moment, then try again.",
    500: "This is not your fault. The error is in the log of this registry.",
    503: "Try again in a moment.",
    507: "Nothing was stored. Tell the people who run this registry.",
}


def has_page(status: int) -> bool:
    """Return whether there is a page for this status."""
    return status in _TITLES


def page(request: HttpRequest, status: int, detail: str = "") -> HttpResponse:
    """Return the page of an error; ``detail`` adds to the text of the status.

    The page can be rendered even if the database cannot return the user.
    """
    context = _context(status, detail)
    try:
        return render(request, "web/error.html", context, status=status)
    except DatabaseError:
        # without context processors, which would query the database again
        text = render_to_string("web/error.html", {**context, "request": request})
        return HttpResponse(text, status=status)


def _context(status: int, detail: str = "") -> dict[str, Any]:
    return {
        "status": status,
        "heading": _TITLES[status],
        "detail": detail,
        "advice": _ADVICE[status],
    }


def forbidden(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """Return the page for a forbidden request."""
    return page(request, 403, _public_message(exception))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Return the page for a form that failed the CSRF check."""
    return page(
        request,
        403,
        "The form did not come from this site, or the page was open too long. "
        "Go back, reload the page, and send the form again.",
    )


def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """Return the page for an unknown address."""
    return page(request, 404, _public_message(exception))


def no_such_page(request: HttpRequest) -> HttpResponse:
    """Return the page for a page of a list whose cursor is not valid, or not any more.

    It links to the first page of the same list.
    """
    query = request.GET.copy()
    query.pop("cursor", None)
    context = {
        **_context(404, "This address of a page of a list is not valid any more."),
        "advice": "The list is still there: go to its first page.",
        "first_page": f"{request.path}?{query.urlencode()}",
    }
    return render(request, "web/error.html", context, status=404)


def too_many(request: HttpRequest, seconds: int) -> HttpResponse:
    """Return the page for a request beyond the rate limit."""
    response = page(request, 429, f"You can send requests again in {seconds} seconds.")
    response["Retry-After"] = str(seconds)
    return response


def unavailable(request: HttpRequest, detail: str) -> HttpResponse:
    """Return the page for a busy registry; ``detail`` is the reason."""
    response = page(request, 503, detail)
    response["Retry-After"] = "1"
    return response


def _public_message(exception: Any) -> str:
    """Return the message of an exception if it is meant for people."""
    text = exception.args[0] if exception is not None and exception.args else ""
    return text if isinstance(text, str) and text.startswith("There is no ") else ""
