"""Lineage: what a record was made from, what was made from it, and by which runs.

The graph has two kinds of node. *Runs* are activities; *objects* are entities, which a
run used (what it read, and the code, configuration and script that it ran with) or
which a run generated. Edges have PROV's direction: a run ``used`` an object, and an
object ``wasGeneratedBy`` a run (https://www.w3.org/TR/prov-dm/), so that they point
upstream, into the past.

An object appears under the names that people know: as each data product that it is, or
as itself where it is none. The object that was asked about appears as what was asked
about, a data product, an external object or the object, and as nothing else.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product, zip_longest
from typing import NamedTuple

from django.db.models import Model

from registry.catalogue.models import DataProduct, ExternalObject, Object
from registry.core.errors import NotFound
from registry.provenance.links import Kind, Links, links_of, products_of
from registry.provenance.steps import Mark, Place, Role, Row, Side, most_links
from registry.provenance.walk import walk
from registry.runs.models import CodeRun

#: Nodes of one answer.
LIMIT = 5000


class Direction(enum.StrEnum):
    """Which way to follow the links: into the past, into what came of it, or both.

    *Both* is what is upstream and what is downstream, not what is downstream of
    something upstream.
    """

    UPSTREAM = "upstream"
    DOWNSTREAM = "downstream"
    BOTH = "both"


class EdgeType(enum.StrEnum):
    """A relation of PROV."""

    USED = "used"
    WAS_GENERATED_BY = "wasGeneratedBy"


class Node(NamedTuple):
    """A record in a lineage.

    ``kind`` and ``id`` name the record; ``object`` is the id of the object that it
    is, or None for a run. ``distance`` is the least number of links from the root; a
    run is one link away from what it used and from what it generated.
    """

    kind: str
    id: int
    distance: int
    object: int | None = None

    @property
    def key(self) -> str:
        """The record's name within a lineage, and its address below the API."""
        return f"{self.kind}/{self.id}"


class Edge(NamedTuple):
    """One use or generation; there may be several between the same two nodes.

    ``component`` is the id of the object component that a run read or wrote; None for
    what a run ran with. ``role`` is None for what a run generated.
    """

    source: Node
    target: Node
    type: EdgeType
    component: int | None
    role: Role | None


@dataclass(frozen=True)
class Lineage:
    """The nodes that were reached, the nearest first, and the edges between them.

    ``depth`` is how many runs were followed, None for all. Where there was more than
    the limit allowed, ``truncated`` says so, and ``stopped_at`` holds the nodes whose
    links lead on to what is missing.
    """

    root: Node
    direction: Direction
    depth: int | None
    truncated: bool
    stopped_at: tuple[Node, ...]
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    @cached_property
    def runs(self) -> tuple[int, ...]:
        """The ids of the code runs."""
        return tuple(node.id for node in self.nodes if node.object is None)

    @cached_property
    def objects(self) -> tuple[int, ...]:
        """The ids of the objects, each once, whatever they appear as."""
        return tuple(
            dict.fromkeys(node.object for node in self.nodes if node.object is not None)
        )

    @cached_property
    def components(self) -> tuple[int, ...]:
        """The ids of the components that were read or written."""
        found = (edge.component for edge in self.edges if edge.component is not None)
        return tuple(dict.fromkeys(found))


def lineage(
    root: Model, *, direction: Direction, depth: int | None, limit: int = LIMIT
) -> Lineage:
    """Follow the lineage of a data product, external object, object or code run.

    ``depth`` counts code runs, None for all; a root that is a run is the first. Takes
    three queries, whatever the depth.
    """
    mark, pk = _place_of(root)
    sides = _SIDES[direction]
    levels = None if depth is None else 2 * depth - (mark == Mark.RUN)
    reached = walk(mark, pk, sides, levels=levels, limit=limit)
    distances: dict[Place, int] = {}
    for level, rows in enumerate(reached):
        for row in rows if len(sides) == 1 else _by_turns(rows):
            distances.setdefault(row[1:], level)
    named = _named(root, distances, limit)
    # what is on the last level is not followed any further
    followed = [row for rows in reached[:levels] for row in rows if row[1:] in named]
    found = links_of(followed, limit=most_links(limit))
    edges, stopped = _edges(found, named)
    stopped += [node for place in found.unread for node in named[place]]
    is_whole = len(named) == len(distances) and not found.unread
    return Lineage(
        root=named[mark, pk][0],
        direction=direction,
        depth=depth,
        truncated=not is_whole,
        # a link to what was registered only just now is no limit
        stopped_at=() if is_whole else tuple(dict.fromkeys(stopped)),
        nodes=tuple(node for nodes in named.values() for node in nodes),
        edges=edges,
    )


#: The record types that have a lineage.
ROOTS: dict[str, type[Model]] = {
    model.kind: model for model in (DataProduct, Object, CodeRun, ExternalObject)
}


def root_of(kind: str, pk: int) -> Model:
    """Fetch the record whose lineage is asked for; raises ``NotFound``."""
    model = ROOTS.get(kind)
    if model is None:
        raise NotFound(f"No lineage of {kind[:100]}: ask for {', '.join(ROOTS)}.")
    links = ("data_product",) if model is ExternalObject else ()
    # no link is None to Django, which else would follow every one
    records = model._default_manager.select_related(*links or (None,))
    found = records.filter(pk=pk).first() if pk < 2**63 else None
    if found is None:
        raise NotFound(f"{model._meta.verbose_name} {pk} does not exist.")
    return found


_SIDES = {
    Direction.UPSTREAM: (Side.UPSTREAM,),
    Direction.DOWNSTREAM: (Side.DOWNSTREAM,),
    Direction.BOTH: (Side.UPSTREAM, Side.DOWNSTREAM),
}

#: The nodes that a node of the graph appears as.
Named = dict[Place, tuple[Node, ...]]


def _by_turns(rows: Sequence[Row]) -> Iterator[Row]:
    """Yield one row of each side after the other.

    So that where not all can be kept, or drawn, the many of one side do not hide the
    few of the other.
    """
    upstream = [row for row in rows if row[0] == Side.UPSTREAM]
    downstream = [row for row in rows if row[0] == Side.DOWNSTREAM]
    for pair in zip_longest(upstream, downstream):
        yield from (row for row in pair if row is not None)


def _place_of(root: Model) -> tuple[Mark, int]:
    """Return the node of the graph that a record is."""
    match root:
        case CodeRun():
            return Mark.RUN, root.pk
        case Object():
            return Mark.OBJECT, root.pk
        case DataProduct():
            return Mark.OBJECT, root.object_id
        case ExternalObject():
            return Mark.OBJECT, root.data_product.object_id
    raise TypeError(f"{type(root).__name__} has no lineage")


def _named(root: Model, distances: Mapping[Place, int], limit: int) -> Named:
    """Name what was met, in that order, as long as there is room."""
    start, *others = distances
    objects = [pk for mark, pk in others if mark == Mark.OBJECT]
    products: dict[int, list[int]] = {}
    for pk, one in products_of(objects, limit=limit) if objects else []:
        products.setdefault(pk, []).append(one)
    kind = str(root.kind)  # type: ignore[attr-defined]
    thing = None if start[0] == Mark.RUN else start[1]
    named: Named = {start: (Node(kind, root.pk, 0, thing),)}
    count = 1
    for place in others:
        mark, pk = place
        distance = distances[place]
        if mark == Mark.RUN:
            nodes: tuple[Node, ...] = (Node(_RUN, pk, distance, None),)
        elif pk in products:
            nodes = tuple([Node(_PRODUCT, one, distance, pk) for one in products[pk]])
        else:
            nodes = (Node(_OBJECT, pk, distance, pk),)
        count += len(nodes)
        if count > limit:
            break
        named[place] = nodes
    return named


_RUN, _PRODUCT, _OBJECT = CodeRun.kind, DataProduct.kind, Object.kind


def _edges(links: Links, named: Named) -> tuple[tuple[Edge, ...], list[Node]]:
    """Make edges of links, and note the nodes of which one leads to no other."""
    edges: list[Edge] = []
    stopped: list[Node] = []
    ways = [(*kind, *_relation(kind)) for kind in links.kinds]
    for number, source, target, component in links.rows:
        begins_at, leads_to, role, relation, is_forward = ways[number]
        here = named[begins_at, source]
        there = named.get((leads_to, target))
        if there is None:
            stopped += here
            continue
        for start, end in product(here, there) if is_forward else product(there, here):
            edges.append(Edge(start, end, relation, component, role))
    if links.sides > 1:
        # on a cycle a link is met from either side
        edges = list(dict.fromkeys(edges))
    return tuple(edges), stopped


def _relation(kind: Kind) -> tuple[EdgeType, bool]:
    """Return what PROV calls a kind of link, and whether it points the same way."""
    source, _, role = kind
    if role is None:
        return EdgeType.WAS_GENERATED_BY, source == Mark.OBJECT
    return EdgeType.USED, source == Mark.RUN
