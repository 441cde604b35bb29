"""Lineage: what a record was made from, what was made from it, and by which runs.

The nodes of the graph are activities and entities, of the types that domains have
registered (``registry.core.graph``). Edges have PROV's direction: an activity ``used``
an entity, and an entity ``wasGeneratedBy`` an activity
(https://www.w3.org/TR/prov-dm/), so that they point upstream, into the past.

A node appears under the names that people know: as each record that names it, or as
itself where there is none. The node that was asked about appears as what was asked
about, and as nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product, zip_longest
from typing import NamedTuple

from django.db.models import Model

from registry.core.errors import NotFound
from registry.core.graph import (
    Direction,
    EdgeType,
    Element,
    NodeKey,
    NodeName,
    NodeType,
    Role,
    graph,
)
from registry.core.graph.registry import is_root_only
from registry.provenance.links import Links, links_of, names_of
from registry.provenance.walk import CODES, Row, most_links, walk

#: Nodes of one answer.
LIMIT = 5000


class Node(NamedTuple):
    """A record in a lineage.

    ``kind`` and ``id`` name the record; ``object`` is the id of the entity that it is
    or names, None for an activity. ``distance`` is the least number of links from the
    root; an activity is one link away from what it used and from what it generated.
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

    ``component`` is the id of the object component that was used or generated; None
    where the link is to the entity itself. ``role`` is None for what was generated.
    """

    source: Node
    target: Node
    type: EdgeType
    component: int | None
    role: Role | None


@dataclass(frozen=True)
class Lineage:
    """The nodes that were reached, the nearest first, and the edges between them.

    ``depth`` is how many activities were followed, None for all. Where there was more
    than the limit allowed, ``truncated`` says so, and ``stopped_at`` holds the nodes
    whose links lead on to what is missing.
    """

    root: Node
    direction: Direction
    depth: int | None
    truncated: bool
    stopped_at: tuple[Node, ...]
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    def ids_of(self, model: type[Model]) -> tuple[int, ...]:
        """Return the ids of the nodes of a type, each once, whatever they appear as."""
        return self._ids.get(model, ())

    @cached_property
    def _ids(self) -> dict[type[Model], tuple[int, ...]]:
        ids: dict[type[Model], dict[int, None]] = {}
        of_kind = {
            kind: ids.setdefault(node_type.model, {})
            for kind, (_, node_type) in graph.kinds.items()
        }
        for kind, pk, _, entity in self.nodes:
            of_kind[kind][pk if entity is None else entity] = None
        return {model: tuple(pks) for model, pks in ids.items()}

    @cached_property
    def components(self) -> tuple[int, ...]:
        """The ids of the components that were read or written."""
        found = (edge.component for edge in self.edges if edge.component is not None)
        return tuple(dict.fromkeys(found))


def lineage(
    root: Model, *, direction: Direction, depth: int | None, limit: int = LIMIT
) -> Lineage:
    """Follow the lineage of a record.

    ``depth`` counts activities, None for all; a root that is one is the first. Takes
    three queries, whatever the depth, and one if nothing is linked to the root.
    """
    node_type, start = _node_of(root)
    directions = _DIRECTIONS[direction]
    is_activity = node_type.element is Element.ACTIVITY
    levels = None if depth is None else 2 * depth - is_activity
    reached = walk(start, directions, levels=levels, limit=limit)
    distances: dict[NodeKey, int] = {}
    for level, rows in enumerate(reached):
        for row in rows if len(directions) == 1 else _by_turns(rows):
            distances.setdefault(row[1:], level)
    named = _name_nodes(root, distances, limit)
    if len(distances) == 1:
        # where nothing was met, no link leads on
        reached = []
    # what is on the last level is not followed any further
    followed = [row for rows in reached[:levels] for row in rows if row[1:] in named]
    found = links_of(followed, limit=most_links(limit))
    edges, stopped = _make_edges(found, named)
    stopped += [node for key in found.unread for node in named[key]]
    is_whole = len(named) == len(distances) and not found.unread
    return Lineage(
        root=named[start][0],
        direction=direction,
        depth=depth,
        truncated=not is_whole,
        # a link to what was registered only just now is no limit
        stopped_at=() if is_whole else tuple(dict.fromkeys(stopped)),
        nodes=tuple(node for nodes in named.values() for node in nodes),
        edges=edges,
    )


def root_of(kind: str, pk: int) -> Model:
    """Return the record whose lineage is asked for; raise ``NotFound``."""
    if kind not in graph.kinds:
        kinds = ", ".join(graph.kinds)
        raise NotFound(f"No lineage of {kind[:100]}: ask for {kinds}.")
    declared, _ = graph.kinds[kind]
    links = declared.related if isinstance(declared, NodeName) else ()
    # no link is None to Django, which else would follow every one
    records = declared.model._default_manager.select_related(*links or (None,))
    found = records.filter(pk=pk).first() if pk < 2**63 else None
    if found is None:
        raise NotFound(f"{declared.label} {pk} does not exist.")
    return found


_DIRECTIONS = {
    Direction.UPSTREAM: (Direction.UPSTREAM,),
    Direction.DOWNSTREAM: (Direction.DOWNSTREAM,),
    Direction.BOTH: (Direction.UPSTREAM, Direction.DOWNSTREAM),
}

#: The nodes that a node of the graph appears as.
Named = dict[NodeKey, tuple[Node, ...]]


def _by_turns(rows: Sequence[Row]) -> Iterator[Row]:
    """Yield one row of each direction after the other.

    So that where not all can be kept, or drawn, the many in one direction do not hide
    the few in the other.
    """
    upstream = [row for row in rows if row[0] == CODES[Direction.UPSTREAM]]
    downstream = [row for row in rows if row[0] == CODES[Direction.DOWNSTREAM]]
    for pair in zip_longest(upstream, downstream):
        yield from (row for row in pair if row is not None)


def _node_of(root: Model) -> tuple[NodeType, NodeKey]:
    """Return the node of the graph that a record is or names, with its type."""
    declared = graph.kinds.get(getattr(root, "kind", ""))
    if declared is None:
        raise TypeError(f"{type(root).__name__} has no lineage")
    kind, node_type = declared
    pk = kind.node_id_of(root) if isinstance(kind, NodeName) else root.pk
    return node_type, (graph.number_of(node_type), pk)


def _name_nodes(root: Model, distances: Mapping[NodeKey, int], limit: int) -> Named:
    """Name what was met, in that order, as long as there is room."""
    start, *others = distances
    names = _names_by_key(others, limit)
    is_entity = [one.element is Element.ENTITY for one in graph.types]
    kinds = [one.kind for one in graph.types]
    named: Named = {start: (Node(*_root_name(root, start), 0, _entity_id(start)),)}
    count = 1
    for key in others:
        number, pk = key
        distance = distances[key]
        entity = pk if is_entity[number] else None
        if key in names:
            nodes = tuple([Node(*one, distance, entity) for one in names[key]])
        else:
            nodes = (Node(kinds[number], pk, distance, entity),)
        count += len(nodes)
        if count > limit:
            break
        named[key] = nodes
    return named


def _root_name(root: Model, start: NodeKey) -> tuple[str, int]:
    """Return the kind and the id that the root appears as: what was asked about."""
    kind, node_type = graph.kinds[str(root.kind)]  # type: ignore[attr-defined]
    if isinstance(kind, NodeName) and not kind.appears_as_root:
        return node_type.kind, start[1]
    return kind.kind, root.pk


def _entity_id(key: NodeKey) -> int | None:
    number, pk = key
    return pk if graph.types[number].element is Element.ENTITY else None


def _names_by_key(
    keys: Sequence[NodeKey], limit: int
) -> dict[NodeKey, list[tuple[str, int]]]:
    """Return the kinds and ids of the records that name nodes."""
    found: dict[NodeKey, list[tuple[str, int]]] = {}
    for number, node_type in enumerate(graph.types):
        for name in node_type.names:
            ids = [] if is_root_only(name) else [pk for n, pk in keys if n == number]
            for _, pk, record, _ in names_of(name, ids, limit=limit) if ids else ():
                found.setdefault((number, pk), []).append((name.kind, record))
    return found


def _make_edges(links: Links, named: Named) -> tuple[tuple[Edge, ...], list[Node]]:
    """Make edges of links, and note the nodes of which one leads to no other."""
    edges: list[Edge] = []
    stopped: list[Node] = []
    for number, source, target, component in links.rows:
        kind = links.kinds[number]
        here = named[kind.source, source]
        there = named.get((kind.target, target))
        if there is None:
            stopped += here
            continue
        pairs = product(here, there) if kind.is_forward else product(there, here)
        for start, end in pairs:
            edges.append(Edge(start, end, kind.edge_type, component, kind.role))
    if links.directions > 1:
        # on a cycle a link is met in either direction
        edges = list(dict.fromkeys(edges))
    return tuple(edges), stopped
