"""The context of the page of a code run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from registry.web.describe import address_of, link_to
from registry.web.product_queries import products_of_objects
from registry.web.values import Value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.http import HttpRequest

    from registry.catalogue.models import ObjectComponent
    from registry.runs.models import CodeRun

#: The largest number of inputs, and of outputs, on a page.
MAX_SHOWN = 100


def run_context(run: CodeRun, _: HttpRequest) -> dict[str, Any]:
    """Return the inputs and outputs of a run, with their data products."""
    read = list(run.inputs.select_related("object")[: MAX_SHOWN + 1])
    written = list(run.outputs.select_related("object")[: MAX_SHOWN + 1])
    return {
        "inputs": describe_components(read[:MAX_SHOWN]),
        "outputs": describe_components(written[:MAX_SHOWN]),
        "shown": MAX_SHOWN,
        "more_inputs": len(read) > MAX_SHOWN,
        "more_outputs": len(written) > MAX_SHOWN,
    }


def describe_components(found: Iterable[ObjectComponent]) -> list[dict[str, Any]]:
    """Return components, each with the data products that it is a part of."""
    parts = list(dict.fromkeys(found))
    products: dict[int, list[Value]] = {}
    objects = {part.object_id for part in parts}
    for product in products_of_objects(objects):
        products.setdefault(product.object_id, []).append(link_to(product))
    return [
        {
            "id": part.pk,
            "component": Value(part.name, address_of(part)),
            "whole": part.whole_object,
            "object": link_to(part.object),
            "products": products.get(part.object_id, []),
        }
        for part in parts
    ]
