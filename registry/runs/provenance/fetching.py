"""What documents fetch of code runs, in as many queries whatever the number.

Light rows, by queries that are compiled once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING, Any

from registry.catalogue.models import ObjectComponent, UserAuthor
from registry.catalogue.provenance import OBJECT
from registry.catalogue.provenance.fetching import AUTHOR
from registry.core.compiled import CompiledByIds
from registry.core.light_rows import LightRows, RowList
from registry.core.lookups import IdIn
from registry.identity.models import User
from registry.runs.models import CodeRun, ModelRun

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from registry.core.graph import NodeType

_PART = LightRows(ObjectComponent, "object_id", "name")
_RUN = LightRows(
    CodeRun,
    "run_date",
    "end_date",
    "description",
    "failed",
    "uuid",
    "withdrawn",
    "code_repo_id",
    "model_config_id",
    "submission_script_id",
    "registered_by_id",
    lists=("inputs", "outputs"),
    registered_by=LightRows(
        User,
        "username",
        "full_name",
        user_author=LightRows(UserAuthor, author=AUTHOR),
    ),
    # only whether there is one
    model_run=LightRows(ModelRun),
)
_RUNS = CompiledByIds(
    lambda ids: (
        CodeRun.objects.filter(IdIn("pk", ids)).order_by().values_list(*_RUN.paths)
    )
)
_NOTHING = RowList()


def _parts_query(links: Any, runs: str) -> QuerySet[Any]:
    through = links.through._default_manager
    rows: QuerySet[Any] = through.filter(IdIn("coderun", runs))
    return rows.order_by("objectcomponent_id")


_PART_PATHS = ("coderun_id", *(f"objectcomponent__{path}" for path in _PART.paths))
_INPUTS = CompiledByIds(
    lambda runs: _parts_query(CodeRun.inputs, runs).values_list(*_PART_PATHS)
)
_OUTPUTS = CompiledByIds(
    lambda runs, objects: (
        _parts_query(CodeRun.outputs, runs)
        .filter(IdIn("objectcomponent__object", objects))
        .values_list(*_PART_PATHS)
    )
)


def report_runs(
    ids: Collection[int], entities: Callable[[NodeType], Collection[int]]
) -> Iterable[Any]:
    """Fetch runs with their inputs, and with those outputs that a report tells of."""
    if not ids:
        return
    inputs = _PART.by_owner(_INPUTS.rows(ids))
    outputs = _PART.by_owner(_OUTPUTS.rows(ids, entities(OBJECT)))
    for values in _RUNS.rows(ids):
        lists = [one.get(values[0], _NOTHING) for one in (inputs, outputs)]
        yield _RUN.row(values, *lists)


def crate_runs(ids: Collection[int]) -> Iterable[Any]:
    """Fetch runs; what they are linked to is in the lineage of a crate."""
    for values in _RUNS.rows(ids) if ids else ():
        yield _RUN.row(values, _NOTHING, _NOTHING)
