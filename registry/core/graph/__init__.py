"""The provenance graph, as domains declare it: node types, links, terms, documents.

A domain registers what it has in its own ``provenance`` module, at the start. The
package ``registry.provenance`` follows, draws, exports and imports whatever is
registered.
"""

from registry.core.graph.captions import Caption, Origin
from registry.core.graph.links import Direction, EdgeType, LinkQuery, Role
from registry.core.graph.nodes import (
    Element,
    Look,
    NodeKey,
    NodeName,
    NodeType,
    PeopleType,
)
from registry.core.graph.registry import graph
from registry.core.graph.terms import Term, TermKind

__all__ = [
    "Caption",
    "Direction",
    "EdgeType",
    "Element",
    "LinkQuery",
    "Look",
    "NodeKey",
    "NodeName",
    "NodeType",
    "Origin",
    "PeopleType",
    "Role",
    "Term",
    "TermKind",
    "graph",
]
