"""Apply the filters of a view, and refuse unknown parameters."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any

from rest_framework.exceptions import ValidationError
from rest_framework.filters import BaseFilterBackend

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import QueryDict
    from rest_framework.request import Request

#: The parameters of every list besides its filters.
LIST_PARAMETERS = (
    *("page_size", "cursor", "ordering"),
    *("format", "raw", "fields", "omit", "expand"),
)
#: The parameters of every record.
RECORD_PARAMETERS = ("format", "raw", "fields", "omit")
#: Those of a record that is read.
READ_PARAMETERS = (*RECORD_PARAMETERS, "expand")


class RecordFilterBackend(BaseFilterBackend):
    """Filters a list by the ``filters`` of its view."""

    def filter_queryset(
        self, request: Request, queryset: QuerySet[Any], view: Any
    ) -> QuerySet[Any]:
        """Return the filtered queryset; raise the errors of all invalid parameters."""
        parameters, filters = request.query_params, view.filters
        refuse_unknown(
            parameters,
            (*filters.allowed(parameters), *LIST_PARAMETERS),
            filters.multiple,
        )
        queryset, errors = filters.apply(queryset, parameters, viewer=request.user)
        if errors:
            raise ValidationError(errors)
        return queryset


def refuse_unknown(
    given: QueryDict, allowed: Iterable[str], multiple: Collection[str] = ()
) -> None:
    """Raise ``ValidationError`` for unknown parameters, and suggest the closest name.

    Parameters with several values are refused, except those in ``multiple``. This
    refuses invalid values of ``raw`` too, because the renderers that read it cannot.
    """
    _refuse_repeated(given, multiple)
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
    raise ValidationError({"detail": f"{message}. {_hint(unknown, names)}"})


def _hint(unknown: list[str], names: list[str]) -> str:
    """Return what to do about unknown parameters, or else their names."""
    if unknown[0] == "expand":
        return (
            "Linked records are expanded in what is read: send this without expand, "
            "then GET the record with it."
        )
    nearest = difflib.get_close_matches(unknown[0], names, n=1, cutoff=0.5)
    if nearest:
        return f"Did you mean {nearest[0]} instead of {unknown[0][:100]}?"
    return f"Not known: {', '.join(unknown)[:200]}"


def _refuse_repeated(given: QueryDict, multiple: Collection[str]) -> None:
    """Raise ``ValidationError`` for parameters with several values.

    Those in ``multiple`` may have them.
    """
    if not given:
        return
    repeated = [
        name
        for name, values in given.lists()
        if len(values) > 1 and name not in multiple
    ]
    if repeated:
        raise ValidationError({name: ["Give it once."] for name in repeated})
