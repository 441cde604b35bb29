"""What would change if a record did, and what is known to be wrong behind it."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from registry.core.graph import Caption, Direction, graph
from registry.provenance.captions import Captions, captions_of
from registry.provenance.lineage import LIMIT, Edge, Lineage, Node, lineage

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import Model


@dataclass(frozen=True)
class Affected:
    """A record with versions, such as a data product, downstream.

    ``newest`` says whether it is the latest version of its name. ``issues`` are the
    ids of the quality issues with anything on a way to it, its own among them, the
    worst first.
    """

    node: Node
    caption: Caption
    newest: bool
    issues: tuple[int, ...]


@dataclass(frozen=True)
class Impact:
    """What is downstream of a record, and the issues of what is upstream of it."""

    downstream: Lineage
    products: tuple[Affected, ...]
    captions: Captions
    upstream: Lineage
    upstream_captions: Captions


def impact(root: Model, *, limit: int = LIMIT) -> Impact:
    """Find every data product that was made with a record, at any depth.

    An issue has no state in which it is closed: it is open as long as it is attached
    to a component and not withdrawn. Takes a constant number of queries.
    """
    downstream = lineage(root, direction=Direction.DOWNSTREAM, depth=None, limit=limit)
    upstream = lineage(root, direction=Direction.UPSTREAM, depth=None, limit=limit)
    captions = captions_of(downstream)
    return Impact(
        downstream=downstream,
        products=tuple(_affected(downstream, captions)),
        captions=captions,
        upstream=upstream,
        upstream_captions=captions_of(upstream),
    )


def _affected(downstream: Lineage, captions: Captions) -> Iterable[Affected]:
    """Describe what downstream has versions, the nearest first."""
    nodes = [
        node
        for node in downstream.nodes
        if _has_versions(node) and node != downstream.root and node in captions.of
    ]
    newest = _newest(nodes)
    on_the_way = issues_on_the_way(downstream, captions)
    for node in nodes:
        caption = captions.of[node]
        yield Affected(node, caption, node in newest, on_the_way[node])


def _has_versions(node: Node) -> bool:
    """Tell whether a node appears as a kind of record that has versions."""
    return graph.kinds[node.kind][0].newest is not None


def _newest(nodes: Iterable[Node]) -> set[Node]:
    """Return the nodes that are the latest versions of their names."""
    by_kind: dict[str, dict[int, Node]] = {}
    for node in nodes:
        by_kind.setdefault(node.kind, {})[node.id] = node
    found: set[Node] = set()
    for kind, of_kind in by_kind.items():
        newest = graph.kinds[kind][0].newest
        if newest is not None:
            found |= {of_kind[pk] for pk in newest(list(of_kind))}
    return found


def issues_on_the_way(
    downstream: Lineage, captions: Captions
) -> dict[Node, tuple[int, ...]]:
    """Return, for each node, the issues with anything between the root and it.

    Sets of issues are handed on along the edges until none grows any more, so that
    cycles do no harm; a set is the bits of one number.
    """
    order = list(captions.issues)
    bit = {issue: 1 << at for at, issue in enumerate(order)}
    after = _followers(downstream.edges)
    known = {
        node: sum(bit[issue] for issue in captions.of[node].issues)
        if node in captions.of
        else 0
        for node in downstream.nodes
    }
    waiting = deque(downstream.nodes)
    while waiting:
        node = waiting.popleft()
        for follower in after.get(node, ()):
            more = known[follower] | known[node]
            if more != known[follower]:
                known[follower] = more
                waiting.append(follower)
    return {
        node: tuple(issue for issue in order if issues & bit[issue])
        for node, issues in known.items()
    }


def _followers(edges: Iterable[Edge]) -> dict[Node, set[Node]]:
    """Return what is made with each node: edges point the other way."""
    after: dict[Node, set[Node]] = {}
    for edge in edges:
        after.setdefault(edge.target, set()).add(edge.source)
    return after
