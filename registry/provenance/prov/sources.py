"""A document on its way in: its elements joined, and what is left out of it."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import orjson

from registry.core.graph import Element, graph
from registry.core.graph.mapping import Datatype
from registry.core.graph.queries import field_of
from registry.core.graph.terms import FAIR
from registry.provenance.importing import derived_uuid
from registry.provenance.prov.reading import Complaints, Document, Statement
from registry.provenance.vocabulary import DCTERMS, PROV, RDF, iri_of

if TYPE_CHECKING:
    from registry.core.graph import NodeType
    from registry.core.graph.mapping import DocumentType
    from registry.core.models import Record

M = TypeVar("M", bound="Record")

UUID = f"{FAIR}uuid"
TYPES = (f"{RDF}type", f"{PROV}type")
#: What elements have that a registry has described rather than referred to.
_DESCRIBED = frozenset({UUID, f"{DCTERMS}issued"})


def _own_documents() -> dict[str, DocumentType]:
    """Return what a document can refer to by its address here, by kind."""
    of_nodes = {kind.document for kind, _ in graph.kinds.values()}
    return {
        one.model.kind: one
        for one in graph.documents
        if one.prov_class or one in of_nodes
    }


@dataclass(frozen=True)
class LeftOut:
    """A part of a document that no record can hold, and why."""

    where: str
    why: str


@dataclass
class Source:
    """A document that is being mapped to records.

    `registry_url` is this registry's own address, without a last slash.
    """

    document: Document
    registry_url: str
    fingerprint: str
    complaints: Complaints = field(default_factory=Complaints)
    left_out: list[LeftOut] = field(default_factory=list)
    _uuids: dict[str, tuple[uuid.UUID, bool]] = field(default_factory=dict)

    @classmethod
    def of(cls, document: Document, data: object, registry_url: str) -> Source:
        """Prepare a document that was read from this data."""
        text = orjson.dumps(data, option=orjson.OPT_SORT_KEYS)
        return cls(document, registry_url, hashlib.sha256(text).hexdigest())

    def leave_out(self, where: str, why: str) -> None:
        """Note a part that does not become a record."""
        self.left_out.append(LeftOut(where, why))

    @cached_property
    def entities(self) -> dict[str, Statement]:
        """The entities by IRI, those among them that are only referred to."""
        plans = _targets(self.document.of("wasAssociatedWith"), "plan")
        return self._elements("entity", plans)

    @cached_property
    def activities(self) -> dict[str, Statement]:
        """The activities by IRI."""
        return self._elements("activity", ())

    @cached_property
    def agents(self) -> dict[str, Statement]:
        """The agents by IRI."""
        return self._elements("agent", ())

    def _elements(
        self, kind: str, further: Iterable[tuple[str, Statement]]
    ) -> dict[str, Statement]:
        """Join the statements about each element, and add what is only referred to."""
        found: dict[str, Statement] = {}
        for statement in self.document.of(kind):
            earlier = found.get(statement.name)
            found[statement.name] = (
                _joined(earlier, statement) if earlier else statement
            )
        referred = [
            pair
            for relation in _REFERRING[kind]
            for name in _REFERRING[kind][relation]
            for pair in _targets(self.document.of(relation), name)
        ]
        for name, statement in [*referred, *further]:
            found.setdefault(name, Statement(kind, name, name, statement.where, {}))
        return found

    def other_type_of(self, statement: Statement, element: Element) -> NodeType | None:
        """Return the registered type of an element, None for the default one."""
        own = self.own.get(statement.name)
        for node_type in graph.other_types(element):
            document = node_type.document
            if own is not None and own.kind == node_type.kind:
                return node_type
            if document is not None and has_type(
                statement, iri_of(document.prov_class)
            ):
                return node_type
        return None

    def flag_of(self, statement: Statement, *names: str, implied: bool = True) -> bool:
        """Read true or false; what is implied where nothing is said."""
        text = statement.text(*names)
        if not text:
            return implied
        if text.lower() not in {"true", "false", "1", "0"}:
            name = next(one for one in names if one in statement.attributes)
            self.complaints.add(
                statement.where, f"{local_name(name)} is true or false."
            )
        return text.lower() in {"true", "1"}

    def uuid_of(self, statement: Statement) -> tuple[uuid.UUID, bool]:
        """Return the UUID of an element, and whether the document states it.

        An element that is named by an IRI has one that follows from the IRI, a blank
        node one that follows from the whole document.
        """
        known = self._uuids.get(statement.name)
        if known is None:
            known = self._uuids[statement.name] = self._find_uuid(statement)
        return known

    def _find_uuid(self, statement: Statement) -> tuple[uuid.UUID, bool]:
        stated = statement.text(UUID)
        if stated is not None:
            try:
                return uuid.UUID(stated), True
            except ValueError:
                self.complaints.add(statement.where, f"{stated[:100]!r} is no UUID.")
        if statement.name.startswith("_:"):
            return derived_uuid(f"sha256:{self.fingerprint}#{statement.name}"), False
        return derived_uuid(statement.name), False

    @cached_property
    def own(self) -> Mapping[str, Record]:
        """The records of this registry that elements refer to by address.

        What a registry has described is known by its UUID or, an external object, by
        its identifiers: its address may be one on another registry, which went by the
        same address as this one.
        """
        pattern = re.compile(
            rf"{re.escape(self.registry_url)}/(?:api/)?({'|'.join(_own_documents())})/"
            r"([0-9]{1,18})/?"
        )
        wanted: dict[str, tuple[str, int]] = {}
        elements = [self.entities, self.activities, self.agents]
        for name, statement in ((n, s) for some in elements for n, s in some.items()):
            match = pattern.fullmatch(name)
            if match is not None and _DESCRIBED.isdisjoint(statement.attributes):
                wanted[name] = match[1], int(match[2])
        found = dict(_records(wanted.values()))
        for name, address in wanted.items():
            if address not in found:
                where = next(some[name].where for some in elements if name in some)
                self.complaints.add(where, f"{address[0]} {address[1]} is not here.")
        return {
            name: found[address] for name, address in wanted.items() if address in found
        }


def _joined(one: Statement, other: Statement) -> Statement:
    """Join two statements about the same element (PROV-CONSTRAINTS, unification)."""
    attributes = {**one.attributes}
    for name, values in other.attributes.items():
        present = attributes.get(name, ())
        attributes[name] = (*present, *(v for v in values if v not in present))
    return Statement(one.kind, one.name, one.key, one.where, attributes)


def _targets(
    relations: Iterable[Statement], attribute: str
) -> Iterator[tuple[str, Statement]]:
    for relation in relations:
        for value in relation.values(f"{PROV}{attribute}"):
            yield value.text, relation


#: Which attributes of the relations that are mapped name elements of each kind.
_REFERRING: dict[str, dict[str, tuple[str, ...]]] = {
    "entity": {
        "used": ("entity",),
        "wasGeneratedBy": ("entity",),
    },
    "activity": {
        "used": ("activity",),
        "wasGeneratedBy": ("activity",),
    },
    "agent": {"wasAttributedTo": ("agent",)},
}


def _records(
    addresses: Iterable[tuple[str, int]],
) -> Iterator[tuple[tuple[str, int], Record]]:
    """Find records by kind and id, in one query a kind."""
    ids: dict[str, set[int]] = {}
    for kind, pk in addresses:
        ids.setdefault(kind, set()).add(pk)
    for kind, wanted in ids.items():
        document = _own_documents()[kind]
        rows = document.model._default_manager.filter(pk__in=wanted)
        for record in rows.select_related(*_related_to(document)):
            yield (kind, record.pk), record


def _related_to(document: DocumentType) -> list[str]:
    """Return how the entity of a record, with its location, is reached."""
    path = [field_of(link) for link in document.entity_path]
    entity = path[-1].related_model if path else document.model
    of_entity = next((one for one in graph.documents if one.model is entity), document)
    steps = [link.name for link in path]
    return [
        "__".join([*steps, field.name])
        for field in of_entity.fields
        if field.datatype is Datatype.LOCATION
    ]


def entity_of(record: Any) -> Any:
    """Return the entity that a record is, names or describes; None for no entity."""
    document = graph.document_of(record)
    if document is not None and document.entity_path:
        for link in document.entity_path:
            record = getattr(record, field_of(link).name)
    declared = graph.kinds.get(record.kind)
    is_entity = declared is not None and declared[1].element is Element.ENTITY
    return record if is_entity else None


def has_type(statement: Statement, *iris: str) -> bool:
    """Tell whether an element says that it is of one of these types."""
    types = {value.text for name in TYPES for value in statement.values(name)}
    return not types.isdisjoint(iris)


def local_name(name: str) -> str:
    """Return the last part of an IRI, for people to read."""
    return re.split(r"[/#:]", name.rstrip("/#"))[-1] or name
