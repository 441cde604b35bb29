"""Applying a view's filters, and refusing parameters that are none."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from rest_framework.exceptions import ValidationError
from rest_framework.filters import BaseFilterBackend

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request

#: What every list understands beside its filters.
LIST_PARAMETERS = (
    *("page_size", "cursor", "ordering"),
    *("format", "raw", "fields", "omit"),
)
#: What every record understands.
RECORD_PARAMETERS = ("format", "raw", "fields", "omit")


class RecordFilterBackend(BaseFilterBackend):
    """Filters a list by the ``filters`` of its view."""

    def filter_queryset(
        self, request: Request, queryset: QuerySet[Any], view: Any
    ) -> QuerySet[Any]:
        """Filter, or refuse with a message for each parameter that is wrong."""
        parameters, filters = request.query_params, view.filters
        refuse_unknown(parameters, (*filters.filters, *LIST_PARAMETERS))
        queryset, errors = filters.apply(queryset, parameters)
        if errors:
            raise ValidationError(errors)
        return queryset


def refuse_unknown(given: Mapping[str, str], allowed: Iterable[str]) -> None:
    """Refuse parameters that mean nothing here, and name the nearest that does.

    A wrong value of ``raw`` is refused too: renderers, which read it, cannot do so.
    """
    if given.get("raw", "").lower() not in {"", "true", "false"}:
        raise ValidationError({"raw": ["Give true or false."]})
    names = list(allowed)
    unknown = [name for name in given if name not in names]
    if not unknown:
        return
    message = (
        f"Invalid query arguments, only query arguments [{', '.join(names)}] "
        "are allowed"
    )
    nearest = difflib.get_close_matches(unknown[0], names, n=1, cutoff=0.5)
    if nearest:
        message += f". Did you mean {nearest[0]} instead of {unknown[0][:100]}?"
    else:
        message += f". Not known: {', '.join(unknown)[:200]}"
    raise ValidationError({"detail": message})
