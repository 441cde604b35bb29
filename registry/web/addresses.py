"""Addresses of data products by the names that people cite."""

from __future__ import annotations

from typing import TYPE_CHECKING

from registry.catalogue.names import names_of_latest, path_of_cited

if TYPE_CHECKING:
    from django.http import HttpRequest

    from registry.catalogue.models import DataProduct


def addresses_of_latest(product: DataProduct, request: HttpRequest) -> dict[str, str]:
    """Return the addresses of the latest file and page, those that there are."""
    cited = zip(("file", "page"), names_of_latest(product), strict=True)
    return {
        what: request.build_absolute_uri(path_of_cited(name))
        for what, name in cited
        if name is not None
    }
