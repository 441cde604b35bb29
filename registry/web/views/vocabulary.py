"""The registry's own terms in provenance documents, as a page, Turtle and JSON-LD."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from registry.core.graph import TermKind, graph
from registry.core.graph.terms import FAIR
from registry.provenance import vocabulary

if TYPE_CHECKING:
    from django.http import HttpRequest

_PAGE = "text/html"
#: The media types of the values of `format`; the page is the default.
_MEDIA_TYPES = {
    "html": _PAGE,
    "turtle": "text/turtle",
    "json-ld": "application/ld+json",
}
_HEADINGS = {
    TermKind.CLASS: "Classes",
    TermKind.PROPERTY: "Properties",
    TermKind.ROLE: "Roles",
}


@require_safe
def terms(request: HttpRequest) -> HttpResponse:
    """Show the terms as a page, or as Turtle or JSON-LD by `Accept` or `format`."""
    write = {
        "text/turtle": _turtle,
        "application/ld+json": _json_ld,
    }.get(_chosen(request), _page)
    response = write(request)
    patch_vary_headers(response, ["Accept"])
    return response


def _chosen(request: HttpRequest) -> str:
    """Return the requested media type; the default is the page."""
    name = request.GET.get("format", "")
    if name and name not in _MEDIA_TYPES:
        raise Http404(
            f"There is no format {name}; there are {', '.join(_MEDIA_TYPES)}."
        )
    if name:
        return _MEDIA_TYPES[name]
    return request.get_preferred_type(list(_MEDIA_TYPES.values())) or _PAGE


def _turtle(request: HttpRequest) -> HttpResponse:
    return HttpResponse(
        vocabulary.as_turtle(), content_type="text/turtle; charset=utf-8"
    )


def _json_ld(request: HttpRequest) -> HttpResponse:
    return HttpResponse(
        orjson.dumps(vocabulary.as_json_ld()), content_type="application/ld+json"
    )


def _page(request: HttpRequest) -> HttpResponse:
    groups = [
        (heading, [term for term in graph.terms if term.kind is kind])
        for kind, heading in _HEADINGS.items()
    ]
    return render(request, "web/vocabulary.html", {"groups": groups, "address": FAIR})
