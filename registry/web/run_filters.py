"""The form that filters the runs of a template, by annotations and by fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from registry.runs.quantities import PREFIX
from registry.web.filter_inputs import filter_inputs
from registry.web.queries import given_pairs
from registry.web.run_table import MAX_COLUMNS

if TYPE_CHECKING:
    from django.http import HttpRequest

    from registry.http.filters import FilterSet
    from registry.runs.quantities import Keys

#: The fields with inputs; the address can have all filters of the API.
_FIELDS = ("display_name", "model_version", "study", "modeller")
_COMPARISONS = (("", "is"), ("__gte", "at least"), ("__lte", "at most"))

Errors = Mapping[str, Sequence[str]]


def run_filters(
    keys: Keys, filters: FilterSet, request: HttpRequest, errors: dict[str, list[str]]
) -> dict[str, Any]:
    """Return the inputs of the form, and what else the address has, to be kept."""
    groups = list(_annotation_groups(keys, request, errors))
    plain = filter_inputs(filters, request, errors)
    fields = [one for one in plain if one["name"] in _FIELDS]
    shown = {one["name"] for group in groups for one in group["inputs"]}
    shown |= {*_FIELDS}
    return {
        "groups": groups,
        "fields": fields,
        "kept": list(given_pairs(request, *shown)),
        "filtered": any(_is_filter(name, filters) for name, _ in given_pairs(request)),
        "other_errors": {n: texts for n, texts in errors.items() if n not in shown},
    }


def _is_filter(name: str, filters: FilterSet) -> bool:
    return name in filters.filters or name.startswith(PREFIX)


def _annotation_groups(
    keys: Keys, request: HttpRequest, errors: Errors
) -> Iterator[dict[str, Any]]:
    """Yield the inputs of each annotation: one for a text, three for a number."""
    numeric = {*keys.numeric}
    for at, key in enumerate(islice(keys, MAX_COLUMNS)):
        names = [(f"{PREFIX}{key}{end}", words) for end, words in _COMPARISONS]
        yield {
            "label": key,
            "inputs": [
                {
                    "id": f"a-{at}-{nth}",
                    "name": name,
                    "words": words,
                    "value": request.GET.get(name, ""),
                    "errors": errors.get(name, ()),
                }
                for nth, (name, words) in enumerate(names)
                if nth == 0 or key in numeric or name in request.GET
            ],
        }
