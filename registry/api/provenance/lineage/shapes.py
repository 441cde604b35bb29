"""Lineage and impact as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from registry.catalogue.models import Issue, ObjectComponent
from registry.core.graph import EdgeType, Element, graph
from registry.http.lineage import ALL

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from registry.core.graph import Caption
    from registry.provenance.captions import Captions
    from registry.provenance.impact import Affected, Impact
    from registry.provenance.lineage import Lineage, Node

Shape = dict[str, Any]

#: Enumerations as plain texts: to ask thousands of members for theirs takes long.
_RELATIONS = {member: member.value for member in EdgeType}


def lineage_shape(lineage: Lineage, captions: Captions, base: str) -> Shape:
    """Return a lineage with links below the address ``base``."""
    components = f"{base}{ObjectComponent.kind}/"
    keys = {node: node.key for node in lineage.nodes}
    places = _entity_addresses(base)
    return {
        "root": lineage.root.key,
        "direction": lineage.direction.value,
        "depth": ALL if lineage.depth is None else lineage.depth,
        "truncated": lineage.truncated,
        "stopped_at": [node.key for node in lineage.stopped_at],
        "nodes": [
            node_shape(node, key, caption, base, places[node.kind])
            for node, key in keys.items()
            if (caption := captions.of.get(node)) is not None
        ],
        "edges": [
            {
                "source": keys[source],
                "target": keys[target],
                "type": _RELATIONS[relation],
                "component": None if component is None else f"{components}{component}/",
                "role": None if role is None else role.name,
            }
            for source, target, relation, component, role in lineage.edges
        ],
    }


def _entity_addresses(base: str) -> dict[str, str]:
    """Return what links to the objects that nodes are begin with, by the nodes' kind.

    Only nodes of the default type of entities are objects; "" for others.
    """
    return {
        kind: f"{base}{node_type.kind}/"
        if node_type.is_default and node_type.element is Element.ENTITY
        else ""
        for kind, (_, node_type) in graph.kinds.items()
    }


def node_shape(node: Node, key: str, caption: Caption, base: str, place: str) -> Shape:
    """Return a node of a lineage; ``key`` is its own.

    ``place`` is what the link to its object begins with, "" where it is none.
    """
    label, version, date, issues, origin, withdrawn = caption
    return {
        "id": key,
        "kind": node.kind,
        "url": f"{base}{key}/",
        "label": label,
        "version": version,
        "date": date,
        "issues": _issue_urls(issues, base) if issues else [],
        "object": f"{place}{node.object}/" if place else None,
        "external_object": None
        if origin is None
        else f"{base}{origin.kind}/{origin.id}/",
        "withdrawn": withdrawn,
    }


def node_link_shape(shape: Mapping[str, Any]) -> Shape:
    """Return a lineage as node-link data, which graph libraries read.

    Such as ``networkx.node_link_graph`` (3.4 and later). What is no node and no edge
    is an attribute of the graph.
    """
    about = {name: shape[name] for name in shape if name not in {"nodes", "edges"}}
    return {
        "directed": True,
        "multigraph": True,
        "graph": about,
        "nodes": shape["nodes"],
        "edges": shape["edges"],
    }


def impact_shape(impact: Impact, base: str) -> Shape:
    """Return what would change, and the issues on the way and behind."""
    return {
        "root": impact.downstream.root.key,
        "truncated": impact.downstream.truncated,
        "stopped_at": [node.key for node in impact.downstream.stopped_at],
        "products": [_affected_shape(one, base) for one in impact.products],
        "issues": _issue_shapes(impact.downstream, impact.captions, base),
        "upstream": {
            "truncated": impact.upstream.truncated,
            "stopped_at": [node.key for node in impact.upstream.stopped_at],
            "issues": _issue_shapes(impact.upstream, impact.upstream_captions, base),
        },
    }


def _affected_shape(affected: Affected, base: str) -> Shape:
    node, caption = affected.node, affected.caption
    return {
        "id": node.key,
        "url": f"{base}{node.key}/",
        "label": caption.label,
        "version": caption.version,
        "date": caption.date,
        "newest": affected.newest,
        "distance": node.distance,
        "issues": _issue_urls(affected.issues, base),
        "withdrawn": caption.withdrawn,
    }


def _issue_shapes(lineage: Lineage, captions: Captions, base: str) -> list[Shape]:
    """Return the issues of a lineage, the worst first, and what each is of."""
    things: dict[int, list[str]] = {issue: [] for issue in captions.issues}
    for node in lineage.nodes:
        caption = captions.of.get(node)
        for issue in caption.issues if caption is not None else ():
            things[issue].append(node.key)
    return [
        {
            "url": f"{base}{Issue.kind}/{note.id}/",
            "severity": note.severity,
            "description": note.description,
            "nodes": things[note.id],
        }
        for note in captions.issues.values()
    ]


def _issue_urls(issues: Iterable[int], base: str) -> list[str]:
    return [f"{base}{Issue.kind}/{issue}/" for issue in issues]
