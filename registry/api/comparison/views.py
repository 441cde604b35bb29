"""Code runs side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from rest_framework.response import Response

from registry.api.base.browsable import RecordBrowsableRenderer
from registry.api.base.renderers import RecordJSONRenderer
from registry.api.base.views import PlainView
from registry.api.comparison import schema
from registry.api.comparison.parameters import ComparisonParameters
from registry.api.comparison.renderers import ComparisonCSVRenderer
from registry.api.comparison.shapes import comparison_shape
from registry.core.models import Record
from registry.http.comparison import written_runs
from registry.runs.comparing import PARAMETER, chosen_runs, compare_runs
from registry.runs.models import CodeRun, ModelRun

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

    #: The type of the records that the address names.
    model: ClassVar[type[Record]] = CodeRun

    @schema.comparison_of(CodeRun)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Compare code runs.

        Inputs and outputs are matched by the namespace and name of their data products,
        else by the descriptions of their objects, and have versions and SHA-1s.
        Parameters are the keys and values of the configurations of the runs.
        """
        differences = ComparisonParameters.read(
            request.query_params.get("differences", "")
        )
        subjects = chosen_runs(written_runs(request._request), self.model)
        names = request.user.is_authenticated
        found = compare_runs(subjects, names_accounts=names)
        return Response(comparison_shape(found, self.base, differences=differences))


class ModelRunComparisonView(ComparisonView):
    """What model runs have in common, and what differs.

    A comparison has sections: the runs themselves, the templates and the people of
    their records, their code, their configurations and scripts, their parameters,
    annotations and resources, their inputs and their outputs.
    """

    model = ModelRun

    @schema.comparison_of(ModelRun)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Compare model runs.

        Inputs and outputs are matched by the namespace and name of their data products,
        and have versions and SHA-1s. Resources are matched by their dataset templates.
        """
        return super().get(request, *args, **kwargs)
