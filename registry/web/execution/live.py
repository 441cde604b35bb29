"""Parts of pages that scripts ask for again and again, with entity tags.

Such a part has nothing in it that differs from one answer to the next unless the
records did: no token of a form and no time of the answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import render

from registry.http.conditional import tag_response

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


def live_part(
    request: HttpRequest, template: str, context: dict[str, Any]
) -> HttpResponse:
    """Return a part of a page, or 304 if the script has it already."""
    response = render(request, template, context)
    response["Cache-Control"] = "private, no-cache"
    response["X-Robots-Tag"] = "noindex"
    return tag_response(request, response) or response


def live_address(path: str, request: HttpRequest) -> str:
    """Return the address of a part of a page, with the parameters of the page."""
    query = request.META.get("QUERY_STRING", "")
    return f"{path}?{query}" if query else path
