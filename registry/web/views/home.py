"""The home page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from registry.catalogue import models as catalogue
from registry.catalogue.models import DataProduct
from registry.core.record_types import record_types_by_rank
from registry.core.row_counts import present_rows
from registry.runs.models import CodeRun
from registry.web.guides import guides

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from registry.core.models import Record

NEWEST = 5

COUNTED_MODELS: tuple[type[Record], ...] = (
    DataProduct,
    CodeRun,
    catalogue.Object,
    catalogue.ExternalObject,
    catalogue.CodeRepoRelease,
    catalogue.StorageLocation,
    catalogue.Author,
    catalogue.Namespace,
    catalogue.Issue,
    catalogue.Keyword,
)


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show the counts, the newest products and runs, and how to get started."""
    products = DataProduct.objects.with_data().select_related("namespace")
    return render(
        request,
        "web/home.html",
        {
            "counts": counts(),
            "others": [
                one for one in record_types_by_rank() if one.model not in COUNTED_MODELS
            ],
            "guides": guides(),
            "products": products.newest_first()[:NEWEST],
            "runs": CodeRun.objects.not_withdrawn().newest_first()[:NEWEST],
            "api_url": request.build_absolute_uri(reverse("api-root")),
        },
    )


def counts() -> list[dict[str, Any]]:
    """Return the number of records of each type, with the address of its list.

    Like the lists, this leaves out withdrawn records.
    """
    numbers = present_rows(COUNTED_MODELS)
    return [
        {
            "name": model._meta.verbose_name
            if numbers[model] == 1
            else model._meta.verbose_name_plural,
            "count": numbers[model],
            "address": reverse(f"web:{model.kind}-list"),
        }
        for model in COUNTED_MODELS
    ]
