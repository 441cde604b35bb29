"""The runs that a request compares, which the API and the pages read the same way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import QueryDict

from registry.runs.comparing import PARAMETER

if TYPE_CHECKING:
    from django.http import HttpRequest


def written_runs(request: HttpRequest) -> list[str]:
    """Return the links to runs as they were written, without empty ones.

    Unlike ``request.GET`` once it is tidied, it has those that are repeated, which are
    refused: a program that sends a run twice has most likely lost another one.
    """
    given = QueryDict(request.META.get("QUERY_STRING", ""))
    return [one for one in given.getlist(PARAMETER) if one]
