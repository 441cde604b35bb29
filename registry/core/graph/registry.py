"""The node types and link queries that domains have registered."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ImproperlyConfigured

from registry.core.graph.files import FileMap
from registry.core.graph.links import Direction, LinkQuery
from registry.core.graph.mapping import DocumentType
from registry.core.graph.nodes import (
    Element,
    NodeKind,
    NodeName,
    NodeType,
    PeopleType,
)
from registry.core.graph.terms import SHARED_TERMS, Term

if TYPE_CHECKING:
    from registry.core.graph.companions import CompanionType
    from registry.core.models import Record


class GraphRegistry:
    """What the provenance graph consists of.

    Domains register at the start, the lower layers first; a node type has the number of
    its place in that order. Whatever reads the graph afterwards iterates over what is
    here and knows no type by name.
    """

    def __init__(self) -> None:
        #: Another number once more is registered, for what is made of all of it.
        self.version = 0
        self._types: list[NodeType] = []
        self._queries: list[LinkQuery] = []
        self._terms: dict[str, Term] = {term.name: term for term in SHARED_TERMS}
        self._documents: dict[type[Record], DocumentType] = {}
        self._people: PeopleType | None = None
        self._files: FileMap | None = None

    def register(
        self,
        *,
        types: Iterable[NodeType] = (),
        queries: Iterable[LinkQuery] = (),
        documents: Iterable[DocumentType] = (),
        terms: Iterable[Term] = (),
        people: PeopleType | None = None,
        files: FileMap | None = None,
    ) -> None:
        """Add node types, the queries of their links, and terms of the vocabulary.

        One domain says what ``people`` and ``files`` are. The terms of roles and of
        ``documents`` need not be given.
        """
        queries = list(queries)
        self._people = people or self._people
        self._files = files or self._files
        self._types += types
        self._queries += queries
        self._terms |= {term.name: term for term in terms}
        roles = (role for query in queries for role in query.roles)
        self._terms |= {role.name: role.term for role in roles if role is not None}
        for document in documents:
            self._documents[document.model] = document
            self._terms |= {term.name: term for term in document.terms}
        for query in self._queries:
            if query.source.element is query.target.element:
                raise ImproperlyConfigured(
                    f"A link from {query.source.kind} to {query.target.kind} is not "
                    "between an activity and an entity."
                )
        vars(self).pop("kinds", None)
        self.version += 1

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

    def types_that_are(self, element: Element) -> list[NodeType]:
        """Return the types of activities, or of entities."""
        return [one for one in self._types if one.element is element]

    @property
    def companions(self) -> list[CompanionType]:
        """Return the types of companions."""
        return [one.companion for one in self._types if one.companion is not None]

    def document_of(self, record: Any) -> DocumentType | None:
        """Return what a record is in documents, where that is declared."""
        model = type(record)
        # of a light row, the class names the model
        return self._documents.get(model) or self._documents.get(
            getattr(model, "model", None)  # type: ignore[arg-type]
        )

    @property
    def documents(self) -> list[DocumentType]:
        """Return what is declared of the records of documents."""
        return list(self._documents.values())

    def default_type(self, element: Element) -> NodeType:
        """Return the type that documents of others mean by an element."""
        return next(one for one in self.types_that_are(element) if one.is_default)

    @property
    def people(self) -> PeopleType:
        """Return the records that people in documents are."""
        if self._people is None:
            raise ImproperlyConfigured("No domain declares what people are.")
        return self._people

    @property
    def files(self) -> FileMap:
        """Return which records the files of documents, and their names, are."""
        if self._files is None:
            raise ImproperlyConfigured("No domain declares what files are.")
        return self._files

    def node_id_of(self, record: Any) -> int:
        """Return the id of the node that a record is, or names."""
        kind, _ = self.kinds[record.kind]
        pk: int = kind.node_id_of(record) if isinstance(kind, NodeName) else record.pk
        return pk

    def other_types(self, element: Element) -> list[NodeType]:
        """Return the types of an element beside the default one."""
        return [one for one in self.types_that_are(element) if not one.is_default]

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
        return sorted(self._terms.values(), key=lambda term: term.name)


def is_root_only(kind: NodeKind) -> bool:
    """Return whether only the root of a lineage has this kind."""
    return isinstance(kind, NodeName) and not kind.appears


#: The provenance graph of this registry.
graph = GraphRegistry()
