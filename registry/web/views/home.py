"""The home page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.cache import cache
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from registry.catalogue import models as catalogue
from registry.catalogue.models import DataProduct
from registry.core.record_types import record_types_by_rank
from registry.runs.models import CodeRun
from registry.web.guides import guides

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from registry.core.models import Record

#: How long counts are cached, in seconds, because large tables take long to count.
COUNTS_TIMEOUT = 30
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
    numbers = cache.get_or_set("home:counts", _count, COUNTS_TIMEOUT)
    return [
        {
            "name": model._meta.verbose_name
            if number == 1
            else model._meta.verbose_name_plural,
            "count": number,
            "address": reverse(f"web:{model.kind}-list"),
        }
        for model, number in zip(COUNTED_MODELS, numbers or [], strict=True)
    ]


def _count() -> list[int]:
    return [model.objects.not_withdrawn().count() for model in COUNTED_MODELS]
