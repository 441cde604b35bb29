"""The runs of a workflow template: a table, filters, and a plot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from registry.http.filters import filters_of_type
from registry.http.keyset import InvalidCursor
from registry.http.pagination import PAGE_SIZE, page_size_of
from registry.http.read_slots import hold_read_slot
from registry.runs.quantities import PREFIX, annotation_keys
from registry.runs.record_types import MODEL_RUN, WORKFLOW_TEMPLATE
from registry.web.describe import label_of
from registry.web.queries import given_pairs, query_with
from registry.web.run_filters import run_filters
from registry.web.run_order import Part, parts_of, read_page
from registry.web.run_plot import AXES, plot_context
from registry.web.run_table import table_of
from registry.web.views.errors import no_such_page
from registry.web.views.lists import apply_filters, errors_in
from registry.web.views.records import find_record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from registry.runs.models import ModelRun, WorkflowTemplate

#: The number of runs on a page.
SIZE = 50

Errors = dict[str, list[str]]


@require_safe
def runs_of_template(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the filtered runs of a template, in the order of a column."""
    template: Any = find_record(WORKFLOW_TEMPLATE, pk, request.user)
    if template is None:
        raise Http404(f"There is no {WORKFLOW_TEMPLATE.title} {pk}.")
    ordering = request.GET.get("ordering", "")
    filters = filters_of_type(MODEL_RUN)
    everything = MODEL_RUN.model._default_manager.filter(workflow_template=pk)
    runs, errors = apply_filters(filters, everything.order_by(), request, AXES)
    _keep_ordering(request, ordering)
    keys = annotation_keys(template)
    # these have no withdrawn ones among them
    among = None if "withdrawn" in request.GET else keys.runs
    table: dict[str, Any] = {}
    try:
        if not errors:
            parts = parts_of(runs, ordering, request.GET, among=among)
            table = _page(runs, parts, request)
    except ValidationError as error:
        errors = errors_in(error)
    except InvalidCursor:
        return no_such_page(request)
    found = table.pop("runs", ())
    plot = plot_context(template, keys, runs if not errors else runs.none(), request)
    errors |= plot.get("errors", {})
    context = {
        "template": template,
        "title": label_of(template),
        "filter": run_filters(keys, filters, request, errors),
        "plot": plot,
        "errors": errors,
        "links": _links(template, request),
        **table,
        **table_of(found, keys, request, address=request.path),
    }
    return render(
        request, "web/template_runs.html", context, status=400 if errors else 200
    )


def _keep_ordering(request: HttpRequest, ordering: str) -> None:
    """Set the order as it was given: names of annotations can have commas and blanks.

    Those of fields have none, and tidying drops them.
    """
    if ordering != request.GET.get("ordering", ""):
        given: Any = request.GET.copy()
        given["ordering"] = ordering
        request.GET = given


def _page(
    runs: QuerySet[ModelRun], parts: Sequence[Part], request: HttpRequest
) -> dict[str, Any]:
    """Return the runs of a page, the number of all, and the pages around it."""
    size = page_size_of(Request(request), SIZE)
    if size > PAGE_SIZE:
        hold_read_slot(request, request.user)
    place = request.GET.get("cursor", "")
    page = read_page(parts, place, size)
    is_all = page.next is None and page.previous is None
    return {
        "runs": page.runs,
        "shown": True,
        # a single page needs no count query
        "count": len(page.runs) if is_all else runs.count(),
        "next": query_with(request, cursor=page.next) if page.next else "",
        "previous": query_with(request, cursor=page.previous) if page.previous else "",
    }


def _links(template: WorkflowTemplate, request: HttpRequest) -> dict[str, str]:
    """Return the addresses of the same list in the API, which orders by fields only."""
    ordering = request.GET.get("ordering", "")
    is_annotation = ordering.removeprefix("-").startswith(PREFIX)
    without = ("workflow_template", *AXES, *(("ordering",) if is_annotation else ()))
    pairs = [("workflow_template", str(template.pk)), *given_pairs(request, *without)]
    address = reverse(f"{MODEL_RUN.kind}-list")
    return {
        "json": f"{address}?{urlencode([*pairs, ('format', 'json')])}",
        "csv": f"{address}?{urlencode([*pairs, ('format', 'csv')])}",
        "api": request.build_absolute_uri(f"{address}?{urlencode(pairs)}"),
    }
