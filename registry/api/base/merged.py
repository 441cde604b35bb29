"""Old addresses of records that were merged into others: they lead to these.

Only an address without a record is looked up, so other requests take no query more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404
from rest_framework.exceptions import NotFound as NoSuchAddress
from rest_framework.response import Response

from registry.api.base.views import api_base
from registry.core.errors import NotFound
from registry.core.merged import kept_id
from registry.core.record_types import RecordType

if TYPE_CHECKING:
    from collections.abc import Mapping


def moved_response(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """Return the response for a record that was merged into another; None otherwise.

    A read is redirected. Other methods get 410 with the address, because clients are
    not to change another record than the one that they know.
    """
    if not isinstance(error, Http404 | NotFound | NoSuchAddress):
        return None
    request, view = context["request"], context.get("view")
    kind, old, new = _move_of(view)
    if new is None:
        return None
    url = f"{api_base(request)}{kind}/{new}/"
    body = {"detail": f"{kind} {old} was merged into another record.", "url": url}
    if request.method not in {"GET", "HEAD"}:
        return Response(body, status=410)
    query = request.META.get("QUERY_STRING", "")
    location = f"{url}{_rest_of(request.path, f'/{kind}/{old}/')}"
    location += f"?{query}" if query else ""
    return Response(body, status=308, headers={"Location": location})


def _move_of(view: Any) -> tuple[str, int, int | None]:
    """Return the kind and the id in an address, and the id of the record now."""
    row_type = getattr(view, "row_type", None)
    pk = view.kwargs.get("pk") if view is not None else None
    if not isinstance(row_type, RecordType) or row_type.merge is None or pk is None:
        return "", 0, None
    return row_type.kind, int(pk), kept_id(row_type.model, int(pk))


def _rest_of(path: str, beginning: str) -> str:
    return path.partition(beginning)[2]
