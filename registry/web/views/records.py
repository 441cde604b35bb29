"""The page of a record: its fields, links both ways, and its history."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from registry.core.compiled import CompiledRecords
from registry.core.merged import kept_id
from registry.core.record_types import record_type_named
from registry.web.describe import (
    addition_links,
    field_rows,
    history_of,
    label_of,
    link_rows,
)
from registry.web.ownership import ownership_context
from registry.web.record_pages import page_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from registry.core.models import Record
    from registry.core.record_types import RecordType


@require_safe
def record(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Show one record."""
    record_type = record_type_named(kind)
    found = find_record(record_type, pk, request.user)
    if found is None:
        return _redirect_merged(request, record_type, pk)
    api_path = reverse(f"{kind}-detail", args=[pk])
    signed_in = request.user.is_authenticated
    page = page_of(record_type)
    context = {
        "record_type": record_type,
        "record": found,
        "title": label_of(found),
        "fields": list(field_rows(found, request.user, page.without)),
        "lists": list(link_rows(found, page.without)),
        "additions": list(addition_links(found, request.user)) if signed_in else [],
        "ownership": ownership_context(found, request.user),
        "history": history_of(found, request.user),
        "api_path": api_path,
        "api_url": request.build_absolute_uri(api_path),
        **page.context_of(found, request),
    }
    wrong = context.get("lineage", {}).get("errors")
    return render(request, page.template, context, status=400 if wrong else 200)


def _redirect_merged(
    request: HttpRequest, record_type: RecordType[Any], pk: int
) -> HttpResponse:
    """Redirect to the record that this one was merged into, or raise ``Http404``."""
    kept = kept_id(record_type.model, pk) if record_type.merge is not None else None
    if kept is None:
        raise Http404(f"There is no {record_type.title} {pk}.")
    query = request.META.get("QUERY_STRING", "")
    address = reverse(f"web:{record_type.kind}", args=[kept])
    return HttpResponsePermanentRedirect(f"{address}?{query}" if query else address)


def find_record(record_type: RecordType[Any], pk: int, viewer: Any) -> Record | None:
    """Return a record with the targets of its links; None if there is none to see."""
    if pk >= 2**63:
        raise Http404
    if not record_type.shows(pk, viewer):
        return None
    found: Record | None = _record_query(record_type).first(pk)
    return found


@cache
def _record_query(record_type: RecordType[Any]) -> CompiledRecords:
    model: type[Record] = record_type.model
    links = [field.name for field in model._meta.fields if field.is_relation]
    rows = page_of(record_type).rows(
        model._default_manager.select_related(*links).order_by()
    )
    return CompiledRecords(lambda pk: rows.filter(pk=pk), -1)
