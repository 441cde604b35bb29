"""The inputs of the form that filters a list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.template.loader import render_to_string

from registry.core.links import kind_of
from registry.http.filters.fields import (
    AccountFilter,
    BooleanFilter,
    WithdrawnFilter,
)
from registry.http.filters.identity import ChoicesFilter
from registry.identity.models import User
from registry.web.describe import field_label

if TYPE_CHECKING:
    from django.http import HttpRequest

    from registry.core.traits import KeyedFilter
    from registry.http.filters import FilterSet

#: The inputs that compare, as HTML without values, by model.
_WITHOUT_VALUES: dict[Any, str] = {}
#: The options of filters with few values, with their labels.
_YES_OR_NO = (("", "any"), ("true", "yes"), ("false", "no"))
_WITHDRAWN = (
    ("", "not withdrawn"),
    ("true", "also withdrawn"),
    ("only", "only withdrawn"),
)


def filter_inputs(
    filters: FilterSet, request: HttpRequest, errors: dict[str, list[str]]
) -> list[dict[str, Any]]:
    """Return the inputs of the filter form with their values and errors.

    Those that compare, and ask for what is empty, are in ``comparison_inputs``. Filters
    by facts whose names people choose have an input each that is given.
    """
    plain = {n: one for n, one in filters.filters.items() if "__" not in n}
    inputs = list(_inputs(filters.model, plain, request, errors))
    keyed = filters.keyed_among(request.GET)
    return inputs + [
        _keyed_input(name, one, request, errors) for name, one in keyed.items()
    ]


def _keyed_input(
    name: str, keyed: KeyedFilter, request: HttpRequest, errors: dict[str, list[str]]
) -> dict[str, Any]:
    """Return the input of a filter by a fact that the request names."""
    return {
        "name": name,
        "label": name.replace(".", " ", 1),
        "explanation": keyed.explanation.replace("`", ""),
        "help_text": keyed.help_text.replace("`", ""),
        "values": [request.GET[name]],
        "errors": errors.get(name, []),
        "options": (),
        "suggests": "",
    }


def comparison_inputs(
    filters: FilterSet, request: HttpRequest, errors: dict[str, list[str]]
) -> str:
    """Return the inputs that compare, as HTML; most requests use none of them."""
    given = any("__" in name for name in request.GET if name in filters.filters)
    if not given and filters.model in _WITHOUT_VALUES:
        return _WITHOUT_VALUES[filters.model]
    further = {n: one for n, one in filters.filters.items() if "__" in n}
    inputs = list(_inputs(filters.model, further, request, errors))
    context = {"filters": inputs, "given": given}
    html = render_to_string("web/parts/comparisons.html", context) if inputs else ""
    if not given:
        _WITHOUT_VALUES[filters.model] = html
    return html


def _inputs(
    model: Any,
    filters: Mapping[str, Any],
    request: HttpRequest,
    errors: dict[str, list[str]],
) -> Iterator[dict[str, Any]]:
    """Yield inputs of the filter form."""
    for name, chosen in filters.items():
        yield {
            "name": name,
            "label": _filter_label(name, chosen),
            "explanation": _explanation(chosen, request),
            # descriptions of the API are Markdown
            "help_text": (
                chosen.extra.get("help_text", "") or _help_text(model, name)
            ).replace("`", ""),
            "values": [_value(chosen, one) for one in request.GET.getlist(name)]
            or [""],
            "errors": errors.get(name, []),
            "options": _options_of(chosen, model, name),
            "suggests": _suggests(chosen, request),
        }


def _filter_label(name: str, chosen: Any) -> str:
    """Return the label of a filter: its field, and how it compares."""
    field_name, _, comparison = name.partition("__")
    words = f" {chosen.comparison}" if comparison else ""
    return f"{field_label(field_name)}{words}"


def _options_of(chosen: Any, model: Any, name: str) -> Sequence[tuple[str, str]]:
    """Return the values that a filter can have with their labels, if they are few."""
    if isinstance(chosen, WithdrawnFilter):
        return _WITHDRAWN
    if isinstance(chosen, BooleanFilter):
        return _YES_OR_NO
    if not isinstance(chosen, ChoicesFilter):
        return ()
    labels = dict(model._meta.get_field(name).flatchoices)
    return [
        ("", "any"),
        *((choice, str(labels.get(choice, choice))) for choice in chosen.choices),
    ]


def _value(chosen: Any, text: str) -> str:
    """Return a value as the options of the filter write it."""
    if not isinstance(chosen, BooleanFilter):
        return text
    value = text.strip().lower()
    value = {"1": "true", "0": "false"}.get(value, value)
    is_default = isinstance(chosen, WithdrawnFilter) and value == "false"
    return "" if is_default else value


def _explanation(chosen: Any, request: HttpRequest) -> str:
    """Return what a filter takes from this person."""
    if isinstance(chosen, AccountFilter) and not request.user.is_authenticated:
        return chosen.explanation_for_strangers
    return str(chosen.explanation)


def _suggests(chosen: Any, request: HttpRequest) -> str:
    """Return the kind of the records that a filter suggests.

    Only users who are signed in get suggestions of accounts.
    """
    target = getattr(chosen, "target", None)
    if target is None or (target is User and not request.user.is_authenticated):
        return ""
    return kind_of(target)


def _help_text(model: Any, name: str) -> str:
    names = {model_field.name: model_field for model_field in model._meta.get_fields()}
    return str(getattr(names.get(name), "help_text", "") or "")
