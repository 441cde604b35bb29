"""What went wrong, in the design of every page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import DatabaseError
from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

if TYPE_CHECKING:
    from django.http import HttpRequest

_TITLES = {
    400: "This request makes no sense",
    401: "These credentials are not valid",
    403: "You may not do this",
    404: "There is nothing here",
    409: "Not saved",
    411: "The length is missing",
    413: "That is too large",
    429: "Too many requests",
    500: "Something broke",
    503: "Not just now",
    507: "There is no room left",
}
_ADVICE = {
    400: "Part of the address or of the form could not be read.",
    401: "Make a new API token on your account page, or sign in again.",
    403: "Sign in with an account that may, or ask who runs this registry.",
    404: "The address may be mistyped, or the record may never have been registered.",
    409: "Load the page again, and try once more.",
    411: "Send the length of the body as Content-Length.",
    413: "Send less at once. Files are uploaded to an address of their own.",
    429: "Wait a moment, then try again.",
    500: "It is not your doing, and it has been written down for who runs this "
    "registry.",
    503: "Try again in a moment.",
    507: "Nothing was stored. Tell who runs this registry that its disk is full.",
}


def has_page(status: int) -> bool:
    """Tell whether there is a page for this status."""
    return status in _TITLES


def page(request: HttpRequest, status: int, detail: str = "") -> HttpResponse:
    """Draw the page of an error; ``detail`` says more than the status does.

    It can be drawn even where the database cannot say who asks.
    """
    context = _context(status, detail)
    try:
        return render(request, "web/error.html", context, status=status)
    except DatabaseError:
        # without the context processors, which would ask the database again
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
    """Answer what this person may not do."""
    return page(request, 403, _said(exception))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form that did not come from one of our pages."""
    return page(
        request,
        403,
        "The form did not come from this site, or the page was open too long. "
        "Go back, load it again, and send it once more.",
    )


def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """Answer an address that leads nowhere."""
    return page(request, 404, _said(exception))


def too_many(request: HttpRequest, seconds: int) -> HttpResponse:
    """Answer one request too many."""
    response = page(request, 429, f"There is room again in {seconds} seconds.")
    response["Retry-After"] = str(seconds)
    return response


def unavailable(request: HttpRequest, detail: str) -> HttpResponse:
    """Answer what cannot be had just now; ``detail`` says why."""
    response = page(request, 503, detail)
    response["Retry-After"] = "1"
    return response


def _said(exception: Any) -> str:
    """Return what the code said when it raised, if it said it for people."""
    text = exception.args[0] if exception is not None and exception.args else ""
    return text if isinstance(text, str) and text.startswith("There is no ") else ""
