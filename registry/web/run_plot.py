"""A plot of two quantities on the page with the runs of a template."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from registry.core.errors import Busy
from registry.http.read_slots import hold_read_slot
from registry.runs.describing import describe_points
from registry.runs.models import ModelRun
from registry.runs.plotting import plot_of
from registry.runs.quantities import parse_quantity, read_points
from registry.web.addresses import page_address
from registry.web.costly import count_picture
from registry.web.queries import given_pairs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet
    from django.http import HttpRequest

    from registry.runs.models import WorkflowTemplate
    from registry.runs.quantities import Keys, Points, Quantity

#: The parameters with the names of the quantities.
AXES = ("x", "y")
#: The largest number of points on a page; the picture on its own has more.
MAX_POINTS = 1000


def plot_context(
    template: WorkflowTemplate,
    keys: Keys,
    runs: QuerySet[ModelRun],
    request: HttpRequest,
) -> dict[str, Any]:
    """Return the quantities to choose from, and the plot of two that were chosen.

    ``errors`` are those of the parameters. A plot costs more than the rest of the page,
    so the page holds a slot; if none is free, ``problem`` says so.
    """
    chosen = {axis: request.GET.get(axis, "") for axis in AXES}
    context: dict[str, Any] = {
        "choices": [
            (axis, _options(keys, chosen[axis], nth)) for nth, axis in enumerate(AXES)
        ],
        "kept": list(given_pairs(request, *AXES)),
    }
    if not any(chosen.values()):
        return context
    quantities, errors = _quantities(chosen)
    if errors:
        return {**context, "errors": errors}
    return context | _plot(template, runs, quantities, request)


def _options(keys: Keys, chosen: str, nth: int) -> list[dict[str, Any]]:
    """Return what can be chosen for an axis; the axes begin with different ones."""
    names = [(one.name, one.label) for one in keys.quantities]
    if chosen and chosen not in dict(names):
        names.append((chosen, chosen))
    selected = chosen or names[min(nth, len(names) - 1)][0]
    return [
        {"name": name, "label": label, "is_chosen": name == selected}
        for name, label in names
    ]


def _quantities(
    chosen: dict[str, str],
) -> tuple[list[Quantity], dict[str, list[str]]]:
    found, errors = [], {}
    for axis, text in chosen.items():
        try:
            found.append(parse_quantity(text))
        except ValidationError as error:
            errors[axis] = list(error.messages)
    return found, errors


def _plot(
    template: WorkflowTemplate,
    runs: QuerySet[ModelRun],
    quantities: Sequence[Quantity],
    request: HttpRequest,
) -> dict[str, Any]:
    x, y = quantities
    pairs = [*given_pairs(request, "ordering", "page_size")]
    address = reverse("workflow_template-plot", args=[template.pk])
    context = {
        "title": f"{y.label} against {x.label}",
        "svg": f"{address}?{urlencode([*pairs, ('format', 'svg')])}",
        "json": f"{address}?{urlencode([*pairs, ('format', 'json')])}",
    }
    try:
        hold_read_slot(request, request.user)
        with count_picture(request):
            points = read_points(runs, x, y, most=MAX_POINTS)
    except Busy as error:
        again = request.get_full_path()
        return {**context, "problem": error.detail, "again": again}
    return {**context, "words": list(describe_points(points)), **_picture(points)}


def _picture(points: Points) -> dict[str, Any]:
    if not points.points:
        return {"picture": None}
    drawn = plot_of(points, url_of=lambda run: page_address(ModelRun.kind, run))
    return {"picture": _mark_svg_safe(drawn), "left_out": points.left_out}


def _mark_svg_safe(svg: str) -> SafeString:
    # ElementTree wrote it and escaped every text
    return mark_safe(svg)  # noqa: S308
