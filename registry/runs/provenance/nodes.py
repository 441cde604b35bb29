"""The node type of code runs."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models.functions import Substr

from registry.core.compiled import CompiledByIds
from registry.core.graph import Caption, Element, NodeType
from registry.core.graph.captions import (
    READ_LENGTH,
    single_line,
    time_as_text,
    time_from_text,
)
from registry.core.lookups import IdIn
from registry.runs.models import CodeRun
from registry.runs.provenance.documents import CODE_RUN_DOCUMENT
from registry.runs.provenance.importing import register_runs
from registry.runs.provenance.model_runs.declaration import MODEL_RUN_NAME

_RUNS = CompiledByIds(
    lambda ids: (
        CodeRun.objects.filter(IdIn("pk", ids))
        .values_list(
            "pk",
            Substr("description", 1, READ_LENGTH),
            time_as_text("run_date"),
            "withdrawn",
        )
        .order_by()
    )
)


def caption_runs(ids: Sequence[int]) -> dict[int, Caption]:
    """Caption code runs by their description."""
    return {
        pk: Caption(
            single_line(text) or f"code run {pk}",
            None,
            time_from_text(date),
            withdrawn=withdrawn,
        )
        for pk, text, date, withdrawn in _RUNS.rows(ids)
    }


CODE_RUN = NodeType(
    model=CodeRun,
    element=Element.ACTIVITY,
    is_default=True,
    names=(MODEL_RUN_NAME,),
    captions=caption_runs,
    importer=register_runs,
    document=CODE_RUN_DOCUMENT,
    report_path="prov-report/code_run/{id}/",
    crate_path="ro-crate/code-run/{id}/",
)
