"""The page of the audit trail, for administrators."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.shortcuts import render
from django.urls import reverse
from django.utils.text import Truncator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request

from registry.core.models import Event
from registry.core.record_types import record_kinds
from registry.core.snapshots import RECORD, record_before
from registry.core.verbs import DELETED
from registry.http.filters.identity import EVENT_FILTERS
from registry.identity.models import User
from registry.identity.roles import is_administrator
from registry.web.describe import field_label
from registry.web.filter_inputs import filter_inputs
from registry.web.views.errors import no_such_page
from registry.web.views.lists import (
    PagePagination,
    apply_filters,
    errors_in,
    other_errors_of,
)

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from registry.http.keyset import SortKey

#: The largest number of shown characters of a text, and of ids of a list.
_MAX_TEXT, _MAX_IDS = 1000, 100


class _EventReader:
    """Reads the events of a page with their accounts."""

    def read_page(
        self, queryset: QuerySet[Any], keys: Sequence[SortKey], limit: int
    ) -> list[tuple[Any, tuple[Any, ...]]]:
        """Return events, each with the values of its sort keys."""
        names = [Event._meta.get_field(key.name).attname for key in keys]  # type: ignore[union-attr]
        return [
            (event, tuple(getattr(event, name) for name in names))
            for event in queryset.select_related("by")[:limit]
        ]

    def rows_within_bytes(self, rows: Sequence[Any]) -> int:
        """Return the number of rows; events have no long texts."""
        return len(rows)


@never_cache
@login_required
@require_safe
def events(request: HttpRequest) -> HttpResponse:
    """Show the filtered events, the latest first."""
    if not is_administrator(request.user):
        raise PermissionDenied
    queryset, errors = apply_filters(EVENT_FILTERS, Event.objects.order_by(), request)
    paginator = PagePagination()
    found: Sequence[Any] = []
    try:
        if not errors:
            found = paginator.paginate_queryset(
                queryset, Request(request), _EventReader()
            )
    except ValidationError as error:
        errors = errors_in(error)
    except NotFound:
        return no_such_page(request)
    context = {
        "errors": errors,
        "other_errors": other_errors_of(EVENT_FILTERS, errors),
        "filters": filter_inputs(EVENT_FILTERS, request, errors),
        "filtered": any(request.GET.get(name) for name in EVENT_FILTERS.filters),
        "rows": [_shown(event, name) for event, name in _with_accounts(found)],
        "links": _links(request),
        "paginator": None if errors else paginator,
    }
    return render(request, "web/events.html", context, status=400 if errors else 200)


def _with_accounts(found: Sequence[Event]) -> Iterator[tuple[Event, str]]:
    """Yield the events with the names of their accounts, with one query."""
    ids = {event.record_id for event in found if event.kind == User.kind}
    names = dict(User.objects.filter(pk__in=ids - {None}).values_list("pk", "username"))
    for event in found:
        is_account = event.kind == User.kind and event.record_id is not None
        yield event, names.get(event.record_id or 0, "") if is_account else ""


def _shown(event: Event, account: str) -> dict[str, Any]:
    """Return an event as a row of the table."""
    return {
        "event": event,
        "about": account or _record(event),
        "address": _page(event),
        "more": ", ".join(
            [field_label(name) for name in sorted(event.changes)]
            + [
                f"{field_label(name)}: {value}"
                for name, value in event.detail.items()
                if name != RECORD
            ]
        ),
        "before": _record_before(event),
    }


def _record_before(event: Event) -> list[tuple[str, str]]:
    """Return the fields of the whole record before an event, with their values."""
    whole = record_before(event) or {}
    return [(field_label(name), _as_text(value)) for name, value in whole.items()]


def _as_text(value: Any) -> str:
    if value is None or value == "":
        return "—"
    if isinstance(value, list):
        more = len(value) - _MAX_IDS
        named = ", ".join(map(str, value[:_MAX_IDS])) or "—"
        return f"{named} and {more} more" if more > 0 else named
    return Truncator(str(value)).chars(_MAX_TEXT)


def _record(event: Event) -> str:
    if event.record_id is None:
        return "no account"
    return f"{field_label(event.kind)} {event.record_id}"


def _page(event: Event) -> str:
    """Return the address of the page of an event's record, if it has one."""
    if event.kind not in record_kinds() or event.action == DELETED.name:
        return ""
    return reverse(f"web:{event.kind}", args=[event.record_id])


def _links(request: HttpRequest) -> dict[str, str]:
    """Return the addresses of the same list in the API."""
    pairs = [
        (name, value)
        for name, values in request.GET.lists()
        if name in EVENT_FILTERS.filters or name == "ordering"
        for value in values
        if value
    ]
    address = reverse("event-list")
    return {
        form: f"{address}?{urlencode([*pairs, ('format', form)])}"
        for form in ("json", "csv")
    }
