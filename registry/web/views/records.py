"""The page of a record: its fields, links both ways, and its history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from registry.catalogue.models import (
    DataProduct,
    ExternalObject,
    Issue,
    Object,
    ObjectComponent,
)
from registry.runs.models import CodeRun
from registry.web import products, runs
from registry.web.describe import (
    additions_to,
    fields_of,
    history_of,
    label_of,
    links_of,
)
from registry.web.kinds import KINDS, Kind
from registry.web.lineage import lineage_context

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from registry.core.models import Record


@require_safe
def record(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Show one record."""
    shown = KINDS[kind]
    found = _find(shown, pk)
    api_path = reverse(f"{kind}-detail", args=[pk])
    signed_in = request.user.is_authenticated
    context = {
        "kind": shown,
        "record": found,
        "title": label_of(found),
        "fields": list(fields_of(found, request.user)),
        "lists": [row for row in links_of(found) if row.values],
        "additions": list(additions_to(found)) if signed_in else [],
        "history": history_of(found, request.user),
        "api_path": api_path,
        "api_url": request.build_absolute_uri(api_path),
        **_more(found, request),
    }
    wrong = context.get("lineage", {}).get("errors")
    return render(request, shown.template, context, status=400 if wrong else 200)


def _find(kind: Kind, pk: int) -> Record:
    """Fetch a record with the targets of its links."""
    links = [
        model_field.name
        for model_field in kind.model._meta.fields
        if model_field.is_relation
    ]
    if pk >= 2**63:
        raise Http404
    found = kind.model._default_manager.select_related(*links).filter(pk=pk).first()
    if found is None:
        raise Http404(f"There is no {kind.title} {pk}.")
    return found


def _more(found: Record, request: HttpRequest) -> dict[str, Any]:
    """Return what the pages of some record types show besides."""
    match found:
        case DataProduct():
            return {
                **products.product_context(found, request),
                "lineage": lineage_context(found, request),
            }
        case Object():
            return {
                "lineage": lineage_context(found, request),
                "file": products.file_of(found, request),
                "issues": products.issues_of(found),
                "issue_component": products.whole_component(found),
            }
        case CodeRun():
            return {
                **runs.run_context(found),
                "lineage": lineage_context(found, request),
            }
        case ExternalObject():
            return {"lineage": lineage_context(found, request)}
        case ObjectComponent():
            issues = Issue.objects.filter(component_issues=found.pk)
            return {"issues": list(issues[:50]), "issue_component": found.pk}
    return {}
