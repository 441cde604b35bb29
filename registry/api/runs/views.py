"""Code runs."""

from __future__ import annotations

from registry.api.base.viewsets import ChangeableViewSet, RemovableViewSet
from registry.api.runs.serializers import CodeRunSerializer
from registry.http.filters.records import CodeRunFilter
from registry.runs import services
from registry.runs.models import CodeRun


class CodeRunViewSet(ChangeableViewSet, RemovableViewSet):
    """A run of a piece of code: what it read, what it wrote, when and how.

    `code_repo`, `model_config` and `submission_script` link to objects, `inputs` and
    `outputs` to object components; the same component may be both. Who registered a
    run may change it, for example to add outputs as they appear, and delete it.
    """

    model = CodeRun
    serializer_class = CodeRunSerializer
    filterset_class = CodeRunFilter
    register = staticmethod(services.register_code_runs)
    change = staticmethod(services.update_code_run)
    remove = staticmethod(services.delete_code_run)
