"""One search box for everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.views.decorators.http import require_safe

from registry.catalogue.models import DataProduct, Keyword
from registry.search.names import search
from registry.web.costly import costly
from registry.web.describe import label_of, link_to
from registry.web.kinds import KINDS

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from registry.core.models import Record

#: Characters of a search that are looked at.
LONGEST = 200


@require_safe
@costly
def results(request: HttpRequest) -> HttpResponse:
    """Show what was found, by record type."""
    text = request.GET.get("q", "").replace("\0", "")[:LONGEST].strip()
    groups = [
        {
            "kind": found.model.kind,
            "titles": found.model._meta.verbose_name_plural,
            "records": [
                {"link": link_to(record), "note": _note(record)}
                for record in found.records
            ],
            "more": found.more,
        }
        for found in search(text)
    ]
    context = {"text": text, "groups": groups, "kinds": KINDS.values()}
    return render(request, "web/search.html", context)


def _note(record: Record) -> str:
    """Say more about a record that its name alone does not tell from others."""
    match record:
        case DataProduct():
            return f"in {record.namespace.name}"
        case Keyword():
            return f"of {label_of(record.object)}"
    return ""
