"""The query parameters of a request, in one form however they are written.

Django returns the last value of a parameter that is given several times. Nothing here
is dropped in silence: the names of fields are joined, an empty value beside another one
says nothing, and the filters refuse what has several values all the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import QueryDict

if TYPE_CHECKING:
    from django.http import HttpRequest

#: The parameters with names of fields, separated by commas.
NAME_LISTS = frozenset({"fields", "omit", "expand", "ordering"})


def tidy_parameters(request: HttpRequest) -> None:
    """Join the names of fields, and drop empty and equal values beside others."""
    given: Any = request.GET
    if all(_is_tidy(*pair) for pair in given.lists()):
        return
    tidied = QueryDict(mutable=True)
    for name, values in given.lists():
        tidied.setlist(name, _tidied(name, values))
    tidied._mutable = False
    # Django computes it once, and this is where it is kept
    request.__dict__["GET"] = tidied


def _is_tidy(name: str, values: list[str]) -> bool:
    return len(values) == 1 and (name not in NAME_LISTS or " " not in values[0])


def _tidied(name: str, values: list[str]) -> list[str]:
    some = list(dict.fromkeys(value for value in values if value)) or [""]
    if name not in NAME_LISTS:
        return some
    return [",".join(part.strip() for one in some for part in one.split(","))]
