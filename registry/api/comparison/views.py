"""Code runs side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework.response import Response

from registry.api.base.browsable import RecordBrowsableRenderer
from registry.api.base.renderers import RecordJSONRenderer
from registry.api.base.views import PlainView
from registry.api.comparison import schema
from registry.api.comparison.parameters import ComparisonParameters
from registry.api.comparison.renderers import ComparisonCSVRenderer
from registry.api.comparison.shapes import comparison_shape
from registry.http.comparison import written_runs
from registry.runs.comparing import PARAMETER, chosen_runs, compare_runs

if TYPE_CHECKING:
    from rest_framework.request import Request


class ComparisonView(PlainView):
    """What code runs have in common, and what differs.

    A comparison has sections: the runs themselves, their code, their configurations
    and scripts, their parameters, their inputs and their outputs. Each has rows, and
    each row the values of every run.
    """

    is_export = True
    is_costly = True
    parameters = (PARAMETER, "differences", "format")
    repeatable = (PARAMETER,)
    renderer_classes = (
        RecordJSONRenderer,
        RecordBrowsableRenderer,
        ComparisonCSVRenderer,
    )

    @schema.comparison
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Compare code runs.

        Inputs and outputs are matched by the namespace and name of their data products,
        else by the descriptions of their objects, and have versions and SHA-1s.
        Parameters are the keys and values of the configurations of the runs.
        """
        differences = ComparisonParameters.read(
            request.query_params.get("differences", "")
        )
        ids = chosen_runs(written_runs(request._request))
        names = request.user.is_authenticated
        found = compare_runs(ids, names_accounts=names)
        return Response(comparison_shape(found, self.base, differences=differences))
