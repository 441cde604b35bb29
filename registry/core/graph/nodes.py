"""Node types: what a domain declares of the records that appear in lineages."""

from __future__ import annotations

import enum
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ImproperlyConfigured

from registry.core.graph.queries import field_of

if TYPE_CHECKING:
    from registry.core.graph.captions import Caption
    from registry.core.graph.companions import CompanionType
    from registry.core.graph.described import Importer, Registered
    from registry.core.graph.mapping import DocumentType, PartMap, Use
    from registry.core.models import Record

# Thousands of these are made for one answer, so they are tuples without names.
#: A node of the graph: the number of its type, and its id.
NodeKey = tuple[int, int]


class Element(enum.StrEnum):
    """What a node is in PROV."""

    ENTITY = "entity"
    ACTIVITY = "activity"


@dataclass(frozen=True)
class Look:
    """How a node is drawn: attributes of Graphviz, and a class of the style sheet.

    ``dark_fill`` and ``dark_stroke`` are the colours on a dark page. ``is_dated`` adds
    the date to the label.
    """

    css_class: str
    style: str
    fill: str
    stroke: str
    dark_fill: str
    dark_stroke: str
    is_dated: bool = False


ACTIVITY_LOOK = Look(
    "run", "filled", "#fdf3df", "#8a4b08", "#33291a", "#f0b46c", is_dated=True
)
ENTITY_LOOK = Look(
    "thing", "rounded,filled", "#eaf1f2", "#0b5c6b", "#22303a", "#7cc7d4"
)


def caption_nothing(_: Sequence[int]) -> dict[int, Caption]:
    """Return no captions, of a kind that no node appears as."""
    return {}


@dataclass(frozen=True, eq=False, kw_only=True)
class NodeKind:
    """A kind of record that lineages name.

    ``captions`` returns the captions of records by their ids, those that are gone
    left out; it takes a constant number of queries. ``newest`` returns which of these
    records are the latest versions of their names; a kind that has it is encode_ids as
    affected by changes upstream. ``report_path`` and ``crate_path`` are the addresses
    below the API of the PROV report and of the crate of a record, with ``{id}``.
    """

    model: type[Record]
    captions: Callable[[Sequence[int]], dict[int, Caption]] = caption_nothing
    newest: Callable[[Sequence[int]], set[int]] | None = None
    report_path: str = ""
    crate_path: str = ""
    document: DocumentType | None = None

    @property
    def kind(self) -> str:
        """Return the name of the kind in addresses."""
        return self.model.kind

    @property
    def required_document(self) -> DocumentType:
        """Return what such a record is in documents; raises where that is not said."""
        if self.document is None:
            raise ImproperlyConfigured(f"{self.kind} declares no document type.")
        return self.document

    @property
    def label(self) -> str:
        """Return what people call one such record."""
        return str(self.model._meta.verbose_name)


@dataclass(frozen=True, eq=False, kw_only=True)
class NodeName(NodeKind):
    """A kind of record that names nodes of another type, as data products do objects.

    The ``entity_path`` of its document type leads from the record to the node. Where
    ``appears``, nodes appear in lineages under these names; otherwise only the root
    does, when it was asked about by this name. Without ``appears_as_root``, that one
    appears as the node that it is, too. ``of_node`` returns the records that name a
    node, and ``origin`` the record that says where the data of a name came from,
    None where nothing says so; both from what is fetched already. ``has_own_documents``
    is false where reports and crates are about the record that the first link of the
    path leads to.
    """

    appears: bool = True
    appears_as_root: bool = True
    of_node: Callable[[Any], Iterable[Any]] | None = None
    origin: Callable[[Any], Any] | None = None
    has_own_documents: bool = True

    @property
    def path(self) -> tuple[Any, ...]:
        """Return the foreign keys from the record to the node."""
        return self.document.entity_path if self.document else ()

    @property
    def related(self) -> tuple[str, ...]:
        """Return what to select with the record to know its node."""
        return tuple(
            "__".join(field_of(link).name for link in self.path[:end])
            for end in range(1, len(self.path))
        )

    def node_id_of(self, record: Any) -> int:
        """Return the id of the node that a record names."""
        *links, last = self.path
        for link in links:
            record = getattr(record, field_of(link).name)
        node_id: int = getattr(record, field_of(last).attname)
        return node_id


def refuse_import(*_: Any) -> Registered:
    """Refuse to import a type by an importer of its own, since it declares none."""
    raise NotImplementedError("This node type declares no importer.")


@dataclass(frozen=True, eq=False, kw_only=True)
class PeopleType:
    """The records that people and organisations in documents are.

    ``name`` and ``identifier`` (a URL) are fields of theirs. ``of_accounts`` returns
    who accounts belong to, by the ids of these, and ``importer`` finds or registers
    those whom a document describes.
    """

    document: DocumentType
    name: Any
    identifier: Any
    of_accounts: Callable[[Collection[int]], dict[int, Any]]
    importer: Importer


@dataclass(frozen=True, eq=False, kw_only=True)
class NodeType(NodeKind):
    """A type of nodes of the graph, which links connect.

    ``is_default`` is what documents of others mean by such an element where they say
    no type that the registry knows. ``names`` are the kinds of record that name nodes
    of this type. ``issues`` returns the quality issues of nodes by their ids, the worst
    first: rows of the node's id, the issue's, its severity and its text. ``parts`` are
    what links can name of an entity. ``importer`` finds or registers what documents
    describe; a default type has its own.
    """

    element: Element
    is_default: bool = False
    names: tuple[NodeName, ...] = ()
    issues: Callable[[Iterable[int]], list[tuple[Any, ...]]] | None = None
    parts: PartMap | None = None
    own_look: Look | None = None
    importer: Importer = refuse_import

    @property
    def uses(self) -> tuple[Use, ...]:
        """Return what activities of this type use."""
        activity = self.document.activity if self.document else None
        return activity.uses if activity else ()

    @property
    def generates(self) -> tuple[Use, ...]:
        """Return what activities of this type generate."""
        activity = self.document.activity if self.document else None
        return activity.generates if activity else ()

    @property
    def companion(self) -> CompanionType | None:
        """Return the type of the companions of activities of this type."""
        activity = self.document.activity if self.document else None
        return activity.companion if activity else None

    @property
    def look(self) -> Look:
        """Return how nodes are drawn: as declared, else as the element usually is."""
        usual = ENTITY_LOOK if self.element is Element.ENTITY else ACTIVITY_LOOK
        return self.own_look or usual
