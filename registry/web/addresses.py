"""Addresses of data products by the names that people cite."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from django.urls import get_script_prefix, reverse

from registry.catalogue.names import names_of_latest, path_of_cited

if TYPE_CHECKING:
    from django.http import HttpRequest

    from registry.catalogue.models import DataProduct


def page_address(kind: str, pk: int) -> str:
    """Return the address of the page of a record."""
    return f"{_page_prefix(kind, get_script_prefix())}{pk}/"


@cache
def _page_prefix(kind: str, _: str) -> str:
    """Return what the addresses of all records of a kind begin with.

    The second argument is what the addresses of the server begin with.
    """
    return reverse(f"web:{kind}", args=[0]).removesuffix("0/")


def addresses_of_latest(product: DataProduct, request: HttpRequest) -> dict[str, str]:
    """Return the addresses of the latest file and page, those that there are."""
    cited = zip(("file", "page"), names_of_latest(product), strict=True)
    return {
        what: request.build_absolute_uri(path_of_cited(name))
        for what, name in cited
        if name is not None
    }
