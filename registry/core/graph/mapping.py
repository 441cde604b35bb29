"""What the fields of a record are called in documents: one map for every direction.

PROV reports and crates are written by these maps, and documents that come in are read
by them.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from registry.core.graph.queries import field_of

if TYPE_CHECKING:
    from registry.core.graph.companions import CompanionType
    from registry.core.graph.files import CrateSubject
    from registry.core.graph.links import Role
    from registry.core.graph.nodes import NodeType
    from registry.core.graph.terms import Term
    from registry.core.models import Record

    #: Fetches records by their ids, for a report that has these entities of a type.
    ReportRows = Callable[
        [Collection[int], Callable[[NodeType], Collection[int]]], Iterable[Record]
    ]


class Location(Protocol):
    """Where a file lives: a path below a root, and the hash of its bytes."""

    path: str
    hash: str

    @property
    def storage_root(self) -> Any:
        """The root that the path is below."""


def is_private(location: Location | None, private: frozenset[str]) -> bool:
    """Tell whether the file at a location is among private ones, by their hashes."""
    return location is not None and location.hash.lower() in private


class Datatype(enum.Enum):
    """How the value of a field is written and read."""

    TEXT = "text"
    FLAG = "flag"
    MOMENT = "moment"
    UUID = "uuid"
    #: A URL among the values of ``identifier``.
    IDENTIFIER = "identifier"
    #: A name of a declared kind, in crates a schema.org ``PropertyValue``.
    PROPERTY_VALUE = "property value"
    #: A storage location: its address, its root, the hash, and whether it is public.
    LOCATION = "location"


@dataclass(frozen=True, eq=False, kw_only=True)
class MappedField:
    """A field of a record, and what it is called in PROV documents and in crates.

    Of several names the first is written and all are read. ``term`` is a term of the
    registry's own vocabulary, which both use. ``implied`` is the value that a document
    means where it says nothing, and that reports leave out. ``through`` is the field of
    the linked record whose value is meant. ``kind_field`` names the kind of a
    ``PROPERTY_VALUE``. A ``nested`` record is an entity of its own in crates; in
    reports its fields are among those of this one. What is not ``is_read`` the registry
    knows better.
    """

    field: Any
    prov: tuple[str, ...] = ()
    crate: tuple[str, ...] = ()
    datatype: Datatype = Datatype.TEXT
    term: Term | None = None
    implied: Any = None
    through: Any = None
    kind_field: Any = None
    nested: DocumentType | None = None
    is_read: bool = True

    @cached_property
    def name(self) -> str:
        """Return the name of the field."""
        return str(field_of(self.field).name)

    @cached_property
    def prov_names(self) -> tuple[str, ...]:
        """Return the qualified names in PROV documents."""
        return (self.term.qualified, *self.prov) if self.term else self.prov

    @cached_property
    def crate_words(self) -> tuple[str, ...]:
        """Return the words in crates."""
        if self.term is not None and self.term.in_crates:
            return (self.term.name, *self.crate)
        return self.crate

    def value_of(self, record: Any) -> Any:
        """Return the value that a record has."""
        value = getattr(record, self.name)
        if self.through is None or value is None:
            return value
        return getattr(value, self._name_through)

    @cached_property
    def _name_through(self) -> str:
        return str(field_of(self.through).name)


@dataclass(frozen=True, eq=False, kw_only=True)
class PartMap:
    """Parts of an entity that links can name: their model, and how they name the whole.

    ``whole_name`` is the name of the part that stands for all of the entity. ``rows``
    fetches parts by their ids, with what documents tell of them.
    """

    model: type[Record]
    whole: Any
    name: Any
    whole_name: str
    rows: Callable[[Collection[int]], Iterable[Any]]


@dataclass(frozen=True, eq=False, kw_only=True)
class Use:
    """A field of an activity's record that links it to entities.

    A foreign key to the entity, or a list of its parts. ``role`` is None for what was
    generated.
    """

    field: Any
    role: Role | None
    target: NodeType

    @cached_property
    def name(self) -> str:
        """Return the name of the field."""
        return str(field_of(self.field).name)

    @cached_property
    def is_list(self) -> bool:
        """Return whether the field is a list of parts."""
        return bool(field_of(self.field).many_to_many)

    def parts_of(self, record: Any) -> dict[int, list[str]]:
        """Return the names of parts by the ids of the entities, as linked."""
        if not self.is_list:
            pk = getattr(record, field_of(self.field).attname)
            return {} if pk is None else {pk: []}
        parts = self.target.parts
        found: dict[int, list[str]] = {}
        if parts is None:
            return found
        for part in getattr(record, self.name).all():
            pk = getattr(part, field_of(parts.whole).attname)
            found.setdefault(pk, []).append(getattr(part, field_of(parts.name).name))
        return found

    def ids_of(self, record: Any) -> set[int]:
        """Return the ids of the entities, read from the database."""
        if not self.is_list or self.target.parts is None:
            return set(self.parts_of(record))
        whole = field_of(self.target.parts.whole).name
        return set(getattr(record, self.name).values_list(whole, flat=True))


def registrant_of(record: Any) -> Any:
    """Return the account that registered a record."""
    return record.registered_by


class Influence(NamedTuple):
    """That an activity has to do with another one, as PROV's ``wasInfluencedBy``.

    Both are records; ``attributes`` are qualified names with texts or ``TermName``.
    """

    influenced: Any
    influencer: Any
    attributes: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, eq=False, kw_only=True)
class ActivityMap:
    """When an activity was, who did it, and what it used, in the order of reports.

    ``agent`` returns who started it: a record that has a document type, such as an
    author, or an account. ``description`` is the field that says what was done, and
    ``failed`` the one that says whether it failed.
    ``companion`` is declared where further records describe the activities.
    ``influences`` returns what activities, given by id, have to do with others.
    """

    started: Any
    ended: Any | None = None
    description: Any | None = None
    failed: Any | None = None
    uses: tuple[Use, ...] = ()
    generates: tuple[Use, ...] = ()
    agent: Callable[[Any], Any] = registrant_of
    companion: CompanionType | None = None
    influences: Callable[[Collection[int]], Iterable[Influence]] | None = None

    def has_failed(self, record: Any) -> bool:
        """Return whether an activity failed."""
        return self.failed is not None and bool(getattr(record, _name(self.failed)))

    def times_of(self, record: Any) -> tuple[Any, Any]:
        """Return when an activity began and ended; None where that is not known."""
        ended = None if self.ended is None else getattr(record, _name(self.ended))
        return getattr(record, _name(self.started)), ended


def _name(reference: Any) -> str:
    return str(field_of(reference).name)


@dataclass(frozen=True, eq=False, kw_only=True)
class DocumentType:
    """What a record is in PROV documents and in crates.

    ``prov_class`` and ``crate_class`` are the types of its elements, ``own_term`` is
    the class where it is a term of the registry's own. ``crate_order`` are the fields
    that come first in crates, where they are not in the order of ``fields``, and
    ``crate_name`` names a record in crates that has no title of its own.
    ``entity_path`` are the foreign keys from a record to the entity that it names or
    describes. ``agents`` are who made a record. ``report_rows`` fetches records with
    what reports tell of them, by their ids; it can ask for the ids of the entities of a
    type in the report. ``crate_rows`` fetches records with what crates tell of them,
    and ``crate_subject`` is what a crate about one says. ``private_hashes`` returns the
    hashes of private files among fetched records.
    """

    model: type[Record]
    fields: tuple[MappedField, ...]
    prov_class: str = ""
    crate_class: str | Callable[[Any], str] = "CreativeWork"
    crate_order: tuple[Any, ...] = ()
    crate_name: Callable[[Any], str] | None = None
    entity_path: tuple[Any, ...] = ()
    activity: ActivityMap | None = None
    agents: Callable[[Any], Iterable[Any]] | None = None
    report_rows: ReportRows | None = None
    private_hashes: Callable[[Iterable[Any]], frozenset[str]] | None = None
    own_term: Term | None = None
    crate_rows: Callable[[Collection[int]], Iterable[Any]] | None = None
    crate_subject: CrateSubject | None = None

    @cached_property
    def crate_fields(self) -> list[MappedField]:
        """Return the fields in the order of crates."""
        by_reference = {id(field_of(one.field)): one for one in self.fields}
        first = [by_reference[id(field_of(field))] for field in self.crate_order]
        return [*first, *(one for one in self.fields if one not in first)]

    def crate_class_of(self, record: Any) -> str:
        """Return the type of a record's entity in crates."""
        declared = self.crate_class
        return declared if isinstance(declared, str) else declared(record)

    def field_for(self, reference: Any) -> MappedField:
        """Return what is declared of a field of the model."""
        return next(
            one for one in self.fields if field_of(one.field) is field_of(reference)
        )

    def location_of(self, record: Any) -> Location | None:
        """Return where the file of a record is, None for a record without."""
        locations = (
            one.value_of(record)
            for one in self.fields
            if one.datatype is Datatype.LOCATION
        )
        return next(locations, None)

    @property
    def terms(self) -> list[Term]:
        """Return the terms of the vocabulary that the fields use."""
        own = [self.own_term] if self.own_term else []
        return own + [one.term for one in self.fields if one.term is not None]
