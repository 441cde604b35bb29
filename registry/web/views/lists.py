"""The list of a record type, with filters, pages, sorting, and CSV and JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.shortcuts import render
from django.urls import reverse
from django.utils.text import capfirst
from django.views.decorators.http import require_safe
from rest_framework.exceptions import NotAuthenticated, NotFound, ValidationError
from rest_framework.request import Request

from registry.core.record_types import record_type_named
from registry.http.filters import filters_of
from registry.http.filters.backend import LIST_PARAMETERS, refuse_unknown
from registry.http.pagination import (
    PAGE_SIZE,
    RecordPagination,
    orderable_fields,
    page_size_of,
)
from registry.http.parameters import tidy_parameters
from registry.http.read_slots import hold_read_slot
from registry.web.describe import address_of, field_label, value_of
from registry.web.filter_inputs import comparison_inputs, filter_inputs
from registry.web.queries import query_with
from registry.web.record_pages import page_of
from registry.web.views.errors import no_such_page

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from registry.core.record_types import RecordType
    from registry.http.filters import FilterSet
    from registry.http.keyset import SortKey


class PagePagination(RecordPagination):
    """Pagination of web pages, with fewer records than in the API."""

    default_size = 50

    def paginate_queryset(
        self, queryset: QuerySet[Any], request: Request, view: Any = None
    ) -> list[Any]:
        """Return the records of the page; a large page takes a slot."""
        if page_size_of(request, self.default_size) > PAGE_SIZE:
            hold_read_slot(request._request, request._request.user)
        return super().paginate_queryset(queryset, request, view)


class _ModelReader:
    """Reads the records of a page as model instances, with the links of the list."""

    def __init__(self, record_type: RecordType[Any]) -> None:
        self.record_type = record_type

    def read_page(
        self, queryset: QuerySet[Any], keys: Sequence[SortKey], limit: int
    ) -> list[tuple[Any, tuple[Any, ...]]]:
        """Return records, each with the values of its sort keys."""
        fields: list[Any] = [queryset.model._meta.get_field(key.name) for key in keys]
        names = [field.attname for field in fields]
        # with None, Django follows no link; without arguments it would follow all
        more = page_of(self.record_type).list.links
        links = (*self.record_type.linked_columns, *more) or (None,)
        records = queryset.select_related(*links)[:limit]
        return [
            (record, tuple(getattr(record, name) for name in names))
            for record in records
        ]

    def rows_within_bytes(self, rows: Sequence[Any]) -> int:
        """Return the number of rows: so few always fit."""
        return len(rows)


@require_safe
def record_list(request: HttpRequest, kind: str) -> HttpResponse:
    """Show the filtered records of a type, newest first."""
    record_type = record_type_named(kind)
    filters = filters_of(record_type.model)
    try:
        found = find_records(record_type, request)
    except NotFound:
        return no_such_page(request)
    records, errors = found.records, found.errors
    page = page_of(record_type)
    context = {
        "record_type": record_type,
        "errors": errors,
        "other_errors": other_errors_of(filters, errors),
        "filters": filter_inputs(filters, request, errors),
        "comparisons": comparison_inputs(filters, request, errors),
        "filtered": any(request.GET.get(name) for name in filters.allowed(request.GET)),
        "columns": _columns(record_type, request),
        "rows": [_cells(record_type, record, request.user) for record in records],
        "links": _links(record_type, filters, request),
        "imports_crates": page.imports_crates,
        "compares": page.compares,
        **page.list.context(records, request),
    }
    if not errors:
        context["paginator"] = found.paginator
    status = 400 if errors else 200
    return render(request, page.list.template, context, status=status)


@dataclass(frozen=True)
class FoundRecords:
    """The records of a page of a list, or the errors of its parameters."""

    records: Sequence[Any]
    paginator: PagePagination
    errors: dict[str, list[str]]


def find_records(record_type: RecordType[Any], request: HttpRequest) -> FoundRecords:
    """Return the records that the address asks for; raise ``NotFound`` for no page."""
    of_list = page_of(record_type).list
    rows = record_type.model._default_manager.order_by()
    everything = record_type.visible(rows, request.user)
    queryset, errors = apply_filters(
        filters_of(record_type.model), everything, request, of_list.parameters
    )
    paginator = PagePagination()
    records: Sequence[Any] = []
    try:
        if not errors:
            records = paginator.paginate_queryset(
                of_list.narrow(queryset, request),
                Request(request),
                _ModelReader(record_type),
            )
    except ValidationError as error:
        errors = errors_in(error)
    return FoundRecords(records, paginator, errors)


def apply_filters(
    filters: FilterSet,
    queryset: QuerySet[Any],
    request: HttpRequest,
    also: Sequence[str] = (),
) -> tuple[QuerySet[Any], dict[str, list[str]]]:
    """Return the filtered queryset, and the errors of parameters by name.

    An unknown parameter is an error, as in the API. The page has the parameters
    ``also``.
    """
    tidy_parameters(request)
    try:
        refuse_unknown(
            request.GET,
            (*filters.allowed(request.GET), *LIST_PARAMETERS, *also),
            filters.multiple,
        )
        return filters.apply(queryset, request.GET, viewer=request.user)
    except ValidationError as error:
        return queryset, errors_in(error)
    except NotAuthenticated as error:
        return queryset, {"filter": [str(error.detail)]}


def errors_in(error: ValidationError) -> dict[str, list[str]]:
    """Return the messages of an error by the names of parameters."""
    detail: Any = error.detail
    return {
        "filter" if name == "detail" else name: [
            str(one) for one in ([texts] if isinstance(texts, str) else texts)
        ]
        for name, texts in detail.items()
    }


def other_errors_of(
    filters: FilterSet, errors: dict[str, list[str]]
) -> dict[str, list[str]]:
    """Return the errors of parameters that have no input in the form."""
    inputs = {*filters.allowed(errors)}
    return {name: texts for name, texts in errors.items() if name not in inputs}


def _columns(
    record_type: RecordType[Any], request: HttpRequest
) -> list[dict[str, str]]:
    """Return the column headers of the table, with links that sort by a column."""
    ordering = request.GET.get("ordering", "")
    allowed = orderable_fields(record_type.model)
    columns = []
    for name in record_type.column_names:
        reverse_it = ordering == name
        columns.append(
            {
                "label": field_label(name),
                "address": query_with(
                    request, ordering=f"-{name}" if reverse_it else name
                )
                if name in allowed
                else "",
                "sorted": "ascending"
                if ordering == name
                else ("descending" if ordering == f"-{name}" else ""),
            }
        )
    return columns


def _cells(record_type: RecordType[Any], record: Any, viewer: Any) -> dict[str, Any]:
    """Return a record as a row of the table; its first cell links to its page."""
    first, *rest = (
        value_of(record, record_type.model._meta.get_field(name), viewer)
        for name in record_type.column_names
    )
    return {
        "title": first.text
        if first.text != "—"
        else f"{record_type.title} {record.pk}",
        "id": record.pk,
        "address": address_of(record),
        "cells": [
            {"label": capfirst(field_label(name)), "value": value}
            for name, value in zip(record_type.column_names[1:], rest, strict=True)
        ],
    }


def _links(
    record_type: RecordType[Any], filters: FilterSet, request: HttpRequest
) -> dict[str, str]:
    """Return the addresses of the same list in the API.

    They contain only known parameters, because the API refuses others.
    """
    known = {*filters.allowed(request.GET), "ordering"}
    pairs = [
        (name, value)
        for name, values in request.GET.lists()
        if name in known
        for value in values
        if value
    ]
    address = reverse(f"{record_type.kind}-list")
    return {
        "json": f"{address}?{urlencode([*pairs, ('format', 'json')])}",
        "csv": f"{address}?{urlencode([*pairs, ('format', 'csv')])}",
        "api": request.build_absolute_uri(
            f"{address}?{urlencode(pairs)}" if pairs else address
        ),
    }
