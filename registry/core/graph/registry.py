"""The node types and link queries that domains have registered."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from django.core.exceptions import ImproperlyConfigured

from registry.core.graph.links import Direction, LinkQuery
from registry.core.graph.nodes import NodeKind, NodeName, NodeType
from registry.core.graph.terms import Term


class GraphRegistry:
    """What the provenance graph consists of.

    Domains register at the start, the lower layers first; a node type has the number of
    its place in that order. Whatever reads the graph afterwards iterates over what is
    here and knows no type by name.
    """

    def __init__(self) -> None:
        self._types: list[NodeType] = []
        self._queries: list[LinkQuery] = []
        self._terms: list[Term] = []

    def register(
        self,
        *,
        types: Iterable[NodeType] = (),
        queries: Iterable[LinkQuery] = (),
        terms: Iterable[Term] = (),
    ) -> None:
        """Add node types, the queries of their links, and terms of the vocabulary."""
        self._types += types
        self._queries += queries
        self._terms += terms
        for query in self._queries:
            if query.source.element is query.target.element:
                raise ImproperlyConfigured(
                    f"A link from {query.source.kind} to {query.target.kind} is not "
                    "between an activity and an entity."
                )
        vars(self).pop("kinds", None)
        vars(self).pop("roots", None)

    @property
    def types(self) -> list[NodeType]:
        """Return the node types by their numbers."""
        return self._types

    def number_of(self, node_type: NodeType) -> int:
        """Return the number of a node type."""
        return self._types.index(node_type)

    @cached_property
    def kinds(self) -> dict[str, tuple[NodeKind, NodeType]]:
        """Return what nodes appear as, by kind, each with its node type.

        Those that only a root appears as come last.
        """
        pairs = [
            (kind, node_type)
            for node_type in self._types
            for kind in (*node_type.names, node_type)
        ]
        pairs.sort(key=lambda pair: is_root_only(pair[0]))
        return {kind.kind: (kind, node_type) for kind, node_type in pairs}

    def type_of(self, kind: str) -> NodeType:
        """Return the node type that a kind of record is, or names."""
        return self.kinds[kind][1]

    def queries_in(self, *directions: Direction) -> list[LinkQuery]:
        """Return the link queries, upstream first, in the order of registration."""
        return [
            query
            for direction in (Direction.UPSTREAM, Direction.DOWNSTREAM)
            if direction in directions
            for query in self._queries
            if query.direction is direction
        ]

    @property
    def roles(self) -> list[str]:
        """Return the names of the roles, in the order of the upstream queries."""
        upstream = self.queries_in(Direction.UPSTREAM)
        roles = (role for query in upstream for role in query.roles if role)
        return list(dict.fromkeys(role.name for role in roles))

    @property
    def terms(self) -> list[Term]:
        """Return the terms of the vocabulary, in the order of the alphabet."""
        return sorted(self._terms, key=lambda term: term.name)


def is_root_only(kind: NodeKind) -> bool:
    """Tell whether only the root of a lineage appears as this kind."""
    return isinstance(kind, NodeName) and not kind.appears


#: The provenance graph of this registry.
graph = GraphRegistry()
