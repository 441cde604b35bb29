"""One search box for everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.views.decorators.http import require_safe

from registry.search.names import search
from registry.web.describe import link_to

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

#: Characters of a search that are looked at.
LONGEST = 200


@require_safe
def results(request: HttpRequest) -> HttpResponse:
    """Show what was found, by record type."""
    text = request.GET.get("q", "").replace("\0", "")[:LONGEST].strip()
    groups = [
        {
            "kind": found.model.kind,
            "titles": found.model._meta.verbose_name_plural,
            "records": [link_to(record) for record in found.records],
            "more": found.more,
        }
        for found in search(text)
    ]
    return render(request, "web/search.html", {"text": text, "groups": groups})
