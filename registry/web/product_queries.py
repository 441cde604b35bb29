"""The queries of the pages of data products and objects, each compiled once.

Those whose plan depends on how many rows a value has are not prepared: a run can have
thousands of inputs, and an object can be read by most runs.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from django.db.models import Case, F, QuerySet, Subquery, When, Window
from django.db.models.functions import Coalesce, RowNumber

from registry.catalogue.models import (
    Author,
    DataProduct,
    Issue,
    Keyword,
    Licence,
    ObjectComponent,
)
from registry.core.compiled import CompiledRecords
from registry.core.lookups import IdIn, encode_ids
from registry.runs.models import CodeRun
from registry.storage.models import StoredFile

if TYPE_CHECKING:
    from collections.abc import Iterator

#: The largest number of versions, of issues, and of inputs of a run on a page.
MAX_SHOWN = 50
#: The largest number of runs that wrote a product, and of runs that read it.
MAX_RUNS_SHOWN = 10

_NO_IDS = encode_ids([-1])

AUTHORS = CompiledRecords(
    lambda thing: Author.objects.filter(objects_made=thing).order_by("pk")[:MAX_SHOWN],
    -1,
)
KEYWORDS = CompiledRecords(
    lambda thing: (
        Keyword.objects.not_withdrawn()
        .filter(object=thing)
        .select_related("registered_by")[:MAX_SHOWN]
    ),
    -1,
)
LICENCES = CompiledRecords(
    lambda thing: Licence.objects.not_withdrawn().filter(object=thing)[:MAX_SHOWN], -1
)
ISSUES = CompiledRecords(
    lambda thing: (
        Issue.objects.not_withdrawn()
        .filter(component_issues__object=thing)
        .select_related("registered_by")
        .distinct()
        .order_by("-severity", "-pk")[:MAX_SHOWN]
    ),
    -1,
    is_prepared=False,
)
STORED = CompiledRecords(
    lambda sha1: StoredFile.objects.filter(sha1=sha1)[:1], "a checksum"
)


def _versions(namespace: Any, name: Any) -> QuerySet[Any]:
    """Return the versions of a name, of which the latest is always among the first."""
    named = DataProduct.objects.filter(namespace=namespace, name=name)
    latest = Subquery(named.with_data().latest_first().values("pk")[:1])
    return named.annotate(
        reason=Coalesce("withdrawn", "object__withdrawn"),
        is_latest=Case(When(pk=latest, then=True), default=False),
    ).order_by("-is_latest", "-version_key", "-pk")[:MAX_SHOWN]


VERSIONS = CompiledRecords(_versions, -1, "a name", is_prepared=False)


def _latest(runs: Any) -> QuerySet[CodeRun]:
    latest: QuerySet[CodeRun] = runs.distinct().order_by("-run_date", "-pk")
    return latest[:MAX_RUNS_SHOWN]


RUNS_THAT_WROTE = CompiledRecords(
    lambda thing: _latest(
        CodeRun.objects.filter(outputs__object=thing).select_related(
            "registered_by", "code_repo"
        )
    ),
    -1,
    is_prepared=False,
)
RUNS_THAT_READ = CompiledRecords(
    lambda thing: _latest(CodeRun.objects.filter(inputs__object=thing)),
    -1,
    is_prepared=False,
)


def _first_inputs(runs: Any) -> QuerySet[Any]:
    links: Any = CodeRun.inputs.through
    order = F("objectcomponent_id").asc()
    nth = Window(RowNumber(), partition_by=F("coderun_id"), order_by=order)
    rows: QuerySet[Any] = links.objects.filter(IdIn("coderun", runs))
    first: QuerySet[Any] = rows.annotate(nth=nth).filter(nth__lte=MAX_SHOWN)
    return first.select_related("objectcomponent__object").order_by(
        "coderun_id", "objectcomponent_id"
    )


_FIRST_INPUTS = CompiledRecords(_first_inputs, _NO_IDS, is_prepared=False)


def first_inputs(runs: Collection[int]) -> Iterator[tuple[int, ObjectComponent]]:
    """Yield the first inputs of runs, each after the id of its run."""
    for link in _FIRST_INPUTS.records(encode_ids(runs)) if runs else ():
        yield link.coderun_id, link.objectcomponent


_PRODUCTS_OF = CompiledRecords(
    lambda objects: DataProduct.objects.filter(IdIn("object", objects)).select_related(
        "namespace"
    ),
    _NO_IDS,
)


def products_of_objects(objects: Collection[int]) -> list[DataProduct]:
    """Return the data products that these objects are."""
    return _PRODUCTS_OF.records(encode_ids(objects)) if objects else []
