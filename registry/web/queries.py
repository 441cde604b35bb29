"""The query parameters of pages, as links to other pages of a list repeat them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlencode

if TYPE_CHECKING:
    from django.http import HttpRequest


def query_with(request: HttpRequest, **changes: str) -> str:
    """Return the query of the first page with some parameters changed."""
    pairs = [*given_pairs(request, *changes), *changes.items()]
    return f"?{urlencode([pair for pair in pairs if pair[1]])}"


def given_pairs(request: HttpRequest, *without: str) -> Iterator[tuple[str, str]]:
    """Yield the parameters that have values, except the place of the page."""
    for name, values in request.GET.lists():
        if name != "cursor" and name not in without:
            yield from ((name, str(value)) for value in values if value)
