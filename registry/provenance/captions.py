"""What people are told of each node of a lineage: its name, version, date and issues.

Rows instead of model objects, and of long texts their beginning: a lineage has
thousands of nodes. The number of queries does not depend on how many.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import F, QuerySet, TextField
from django.db.models.functions import Cast, Substr

from registry.catalogue.models import (
    DataProduct,
    ExternalObject,
    Object,
    ObjectComponent,
)
from registry.core.compiled import CompiledByIds
from registry.core.lookups import IdIn
from registry.core.texts import shorten_text
from registry.runs.models import CodeRun

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from registry.provenance.lineage import Lineage, Node

#: Characters of a description that are looked at, and shown.
_READ, _SHOWN = 300, 120


class Caption(NamedTuple):
    """What a node is called.

    ``date`` is when a run began, when an external object was released, and when any
    other record was last changed. ``issues`` are the ids of quality issues with any
    component of the object, the worst first. ``external`` is the id of the external
    object that a data product came from, and ``source`` that object's title.
    """

    label: str
    version: str | None
    date: datetime
    issues: tuple[int, ...] = ()
    external: int | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class IssueNote:
    """A quality issue in a line; ``severity`` 0 is a remark, larger is worse."""

    id: int
    severity: int
    description: str


@dataclass(frozen=True)
class Captions:
    """The captions of a lineage's nodes, and the issues that these name, by id."""

    of: Mapping[Node, Caption]
    issues: Mapping[int, IssueNote]


def captions_of(lineage: Lineage) -> Captions:
    """Caption every node; a node whose record was removed meanwhile has none."""
    ids: dict[str, list[int]] = {}
    for node in lineage.nodes:
        ids.setdefault(node.kind, []).append(node.id)
    rows = {kind: _READERS[kind](of_kind) for kind, of_kind in ids.items()}
    found = {
        node: caption
        for node in lineage.nodes
        if (caption := rows[node.kind].get(node.id)) is not None
    }
    by_object, issues = _issues(lineage.objects)
    if by_object:
        for node, caption in found.items():
            if node.object in by_object:
                found[node] = caption._replace(issues=by_object[node.object])
    return Captions(found, issues)


def _text_of(field: str) -> Cast:
    """Select a time as its text, which is read several times as fast as a time."""
    return Cast(field, TextField())


_PRODUCTS = CompiledByIds(
    lambda ids: (
        DataProduct.objects.filter(IdIn("pk", ids))
        .values_list(
            "pk",
            "namespace__name",
            "name",
            "version",
            _text_of("last_updated"),
            "external_object__pk",
            "external_object__title",
        )
        .order_by()
    )
)
_EXTERNALS = CompiledByIds(
    lambda ids: (
        ExternalObject.objects.filter(IdIn("pk", ids))
        .values_list("pk", "title", "version", _text_of("release_date"))
        .order_by()
    )
)
_OBJECTS = CompiledByIds(
    lambda ids: (
        Object.objects.filter(IdIn("pk", ids))
        .values_list(
            "pk",
            Substr("description", 1, _READ),
            "code_repo_release__name",
            "code_repo_release__version",
            _text_of("last_updated"),
        )
        .order_by()
    )
)
_RUNS = CompiledByIds(
    lambda ids: (
        CodeRun.objects.filter(IdIn("pk", ids))
        .values_list("pk", Substr("description", 1, _READ), _text_of("run_date"))
        .order_by()
    )
)


def _issues_of(ids: str) -> QuerySet[Any]:
    links: QuerySet[Any] = ObjectComponent.issues.through._default_manager.all()
    rows: QuerySet[Any] = (
        links.filter(IdIn("objectcomponent__object", ids))
        .annotate(
            thing=F("objectcomponent__object"),
            severity=F("issue__severity"),
            text=Substr("issue__description", 1, _READ),
        )
        .values_list("thing", "issue_id", "severity", "text")
        .distinct()
        .order_by("-severity", "-issue_id", "thing")
    )
    return rows


_ISSUES = CompiledByIds(_issues_of)


def _products(ids: list[int]) -> dict[int, Caption]:
    return {
        pk: Caption(f"{space}:{name}", version, _moment(date), (), source, title or "")
        for pk, space, name, version, date, source, title in _PRODUCTS.rows(ids)
    }


def _externals(ids: list[int]) -> dict[int, Caption]:
    return {
        pk: Caption(title, version, _moment(date), (), pk, title)
        for pk, title, version, date in _EXTERNALS.rows(ids)
    }


def _objects(ids: list[int]) -> dict[int, Caption]:
    """Name an object by its release, else by its description."""
    return {
        pk: Caption(release or _line(text) or f"object {pk}", version, _moment(date))
        for pk, text, release, version, date in _OBJECTS.rows(ids)
    }


def _runs(ids: list[int]) -> dict[int, Caption]:
    return {
        pk: Caption(_line(text) or f"code run {pk}", None, _moment(date))
        for pk, text, date in _RUNS.rows(ids)
    }


_READERS: Mapping[str, Callable[[list[int]], dict[int, Caption]]] = {
    DataProduct.kind: _products,
    ExternalObject.kind: _externals,
    Object.kind: _objects,
    CodeRun.kind: _runs,
}


def _moment(text: str) -> datetime:
    """Read a time as the databases write it: SQLite in UTC, without saying so."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _line(text: str | None) -> str:
    """Put a text on one line, and cut it; most are short enough as they are."""
    line = " ".join((text or "").split())
    return line if len(line) <= _SHOWN else shorten_text(line, _SHOWN)


def _issues(
    objects: Iterable[int],
) -> tuple[dict[int | None, tuple[int, ...]], dict[int, IssueNote]]:
    """Return the issues of each object, and what each issue says."""
    by_object: dict[int | None, tuple[int, ...]] = {}
    issues: dict[int, IssueNote] = {}
    for thing, issue, severity, text in _ISSUES.rows(objects):
        by_object[thing] = (*by_object.get(thing, ()), issue)
        issues.setdefault(
            issue, IssueNote(issue, severity, shorten_text(text, 2 * _SHOWN))
        )
    return by_object, issues
