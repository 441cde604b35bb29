"""A plot of two quantities of the runs of a workflow template."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Collection
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from csp.decorators import csp_replace
from django.core.exceptions import ValidationError as InvalidValue
from django.http import Http404
from django.urls import reverse
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response

from registry.api.base.renderers import RecordJSONRenderer
from registry.api.provenance.documents import DocumentView
from registry.api.provenance.lineage.renderers import SVGRenderer
from registry.api.runs import plot_schema
from registry.http.filters import filters_of_type
from registry.runs.models import ModelRun, WorkflowTemplate
from registry.runs.plotting import STYLE, plot_of
from registry.runs.quantities import parse_quantity, read_points
from registry.runs.record_types import MODEL_RUN

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request

    from registry.runs.quantities import Points, Quantity

#: The parameters with the names of the quantities.
_AXES = ("x", "y")


@cache
def _picture_policy() -> dict[str, list[str]]:
    """Allow the one style sheet of a picture that a browser shows by itself."""
    digest = hashlib.sha256(STYLE.encode()).digest()
    return {"style-src": [f"'sha256-{base64.b64encode(digest).decode()}'"]}


class PlotView(DocumentView):
    """Two quantities of the runs of a workflow template, against each other.

    A quantity is `annotation.` with the name of an annotation, `parameter.` with a key
    of the configurations of the runs, `start_time` (seconds since 1970) or `duration`
    (in seconds). Runs without one of the numbers are left out. The filters are those of
    `/api/model_run/`.
    """

    parameters = (*_AXES, "format")
    renderer_classes = (SVGRenderer, RecordJSONRenderer)
    has_version = True

    def _known_parameters(self) -> tuple[str, ...]:
        """Return the accepted parameters, with those of the list of runs."""
        filters = filters_of_type(MODEL_RUN)
        given = self.request.query_params
        return (*super()._known_parameters(), *filters.allowed(given))

    @property
    def repeatable(self) -> Collection[str]:  # type: ignore[override]
        """The names of the filters that can have several values."""
        return filters_of_type(MODEL_RUN).multiple

    @plot_schema.plot
    def get(self, request: Request, pk: int) -> Response:
        """Return a plot as SVG, or its points as JSON.

        A plot has at most 5,000 points, the newest runs; it says how many runs were
        left out. The description of the picture has the ranges and the correlation
        coefficient.
        """
        x, y = self._quantities()
        points = read_points(self._runs(pk), x, y)
        if isinstance(request.accepted_renderer, SVGRenderer):
            # its decorators are made for views, and serve any function
            draw: Any = csp_replace(_picture_policy())(cast("Any", self._picture))
            return cast("Response", draw(points))
        return Response(self._shape(points))

    def _quantities(self) -> tuple[Quantity, Quantity]:
        """Return both quantities; raise the errors of both."""
        found: list[Quantity] = []
        errors: dict[str, list[str]] = {}
        for axis in _AXES:
            try:
                found.append(parse_quantity(self.request.query_params.get(axis, "")))
            except InvalidValue as error:
                errors[axis] = list(error.messages)
        if errors:
            raise ValidationError(errors)
        x, y = found
        return x, y

    def _runs(self, pk: int) -> QuerySet[ModelRun]:
        """Return the filtered runs of the template; raise 404 if there is none."""
        if not WorkflowTemplate.objects.filter(pk=pk).exists():
            raise Http404(f"workflow template {pk} does not exist.")
        runs, errors = filters_of_type(MODEL_RUN).apply(
            ModelRun.objects.filter(workflow_template=pk).order_by(),
            self.request.query_params,
            viewer=self.request.user,
        )
        if errors:
            raise ValidationError(errors)
        return runs

    def _picture(self, points: Points) -> Response:
        return Response(plot_of(points, url_of=self._page_of, alone=True))

    def _page_of(self, run: int) -> str:
        """Return the address of a run's page, with the host: pictures go elsewhere."""
        path = reverse(f"web:{ModelRun.kind}", args=[run])
        return self.request.build_absolute_uri(path)

    def _shape(self, points: Points) -> dict[str, Any]:
        return {
            "x": points.x.name,
            "y": points.y.name,
            "count": points.count,
            "left_out": points.left_out,
            "correlation": points.correlation,
            "points": [
                {
                    "model_run": f"{self.base}{ModelRun.kind}/{one.run}/",
                    "name": one.name,
                    "x": one.x,
                    "y": one.y,
                }
                for one in points.points
            ],
        }
