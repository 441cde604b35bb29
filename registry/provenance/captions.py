"""What people are told of each node of a lineage: its name, version, date and issues.

The number of queries does not depend on how many nodes there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from registry.core.graph import graph
from registry.core.graph.captions import SHOWN_LENGTH
from registry.core.texts import shorten_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from registry.core.graph import Caption, NodeType
    from registry.provenance.lineage import Lineage, Node


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
    rows = {
        kind: graph.kinds[kind][0].captions(of_kind) for kind, of_kind in ids.items()
    }
    found = {
        node: caption
        for node in lineage.nodes
        if (caption := rows[node.kind].get(node.id)) is not None
    }
    return Captions(found, _add_issues(lineage, found))


def _add_issues(
    lineage: Lineage, captions: dict[Node, Caption]
) -> dict[int, IssueNote]:
    """Name the quality issues in the captions, and return what each issue says."""
    notes: dict[int, IssueNote] = {}
    for node_type in graph.types:
        if node_type.issues is not None:
            rows = node_type.issues(lineage.ids_of(node_type.model))
            for _, issue, severity, text in rows:
                said = shorten_text(text, 2 * SHOWN_LENGTH)
                notes.setdefault(issue, IssueNote(issue, severity, said))
            if rows:
                _name_issues(node_type, rows, captions)
    return notes


def _name_issues(
    node_type: NodeType, rows: list[tuple[Any, ...]], captions: dict[Node, Caption]
) -> None:
    """Name the quality issues in the captions of nodes of a type."""
    issues: dict[int, tuple[int, ...]] = {}
    for pk, issue, _, _ in rows:
        issues[pk] = (*issues.get(pk, ()), issue)
    kinds = {one.kind for one in (*node_type.names, node_type)}
    for node, caption in captions.items():
        key = node.id if node.object is None else node.object
        if key in issues and node.kind in kinds:
            captions[node] = caption._replace(issues=issues[key])
