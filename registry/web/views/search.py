"""The page of search results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import render
from django.views.decorators.http import require_safe

from registry.core.record_types import record_types_by_rank
from registry.search.names import search_records
from registry.web.costly import costly_view
from registry.web.describe import link_to

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from registry.core.models import Record
    from registry.core.record_types import RecordType

#: The largest number of characters of a search.
MAX_LENGTH = 200


@require_safe
@costly_view
def results(request: HttpRequest) -> HttpResponse:
    """Show the matches of a search by record type."""
    text = request.GET.get("q", "").replace("\0", "")[:MAX_LENGTH].strip()
    groups = [
        {
            "kind": found.record_type.kind,
            "titles": found.record_type.titles,
            "records": [
                {"link": link_to(record), "note": _note(found.record_type, record)}
                for record in found.records
            ],
            "more": found.more,
        }
        for found in search_records(text, user=request.user)
    ]
    types = record_types_by_rank()
    context = {"text": text, "groups": groups, "record_types": types}
    return render(request, "web/search.html", context)


def _note(record_type: RecordType[Any], record: Record) -> str:
    """Return the text that distinguishes a record from others of the same name."""
    return record_type.context.describe(record) if record_type.context else ""
