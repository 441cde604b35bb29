"""What a document says, before any of it is on record.

Everything has a `key`, the document's own name for it, by which the others refer to
it, and a `where`, the place in the document that messages name (a JSON path).
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from registry.core.graph.definitions import DefinedType
    from registry.core.graph.ledger import Ledger
    from registry.core.graph.nodes import NodeType
    from registry.core.models import Record

    #: Finds or registers what a document describes of one sort: the descriptions, the
    #: records that they can refer to, by key, and where to note what was registered.
    Importer = Callable[[Any, Mapping[str, Record], Ledger], "Registered"]


def derived_uuid(name: str) -> uuid.UUID:
    """Return the UUID of what has a global name but states none (RFC 9562, 5.5).

    The same name leads to the same UUID in every registry and at every time, so that
    a document that comes again is recognised.
    """
    return uuid.uuid5(uuid.NAMESPACE_URL, name)


@dataclass(frozen=True)
class Person:
    """A person or an organisation; `record` where it is one on record already.

    An identifier (a URL) decides who it is; without one the UUID does.
    """

    key: str
    where: str
    uuid: uuid.UUID
    name: str | None = None
    identifier: str | None = None
    record: Record | None = None


@dataclass(frozen=True)
class Place:
    """Where a file lives: a path below a root, and the SHA-1 or commit of it."""

    root: str
    path: str
    hash: str
    public: bool = True


@dataclass(frozen=True)
class External:
    """What says that a data product came from outside.

    ``values`` are by the fields of the record, the place of the data aside.
    """

    key: str
    where: str
    values: Mapping[str, Any]
    original_store: Place | None = None


@dataclass(frozen=True)
class Product:
    """The name that a file has as a data product."""

    key: str
    where: str
    namespace: str
    name: str
    version: str
    external: External | None = None


@dataclass(frozen=True)
class Release:
    """The name that a file has as a release of a code repository."""

    key: str
    where: str
    name: str
    version: str
    website: str | None = None


@dataclass(frozen=True)
class Thing:
    """A file or another thing that runs read and write: the default type of entities.

    A document may have several names for one thing, hence `keys`. `uuid_stated` says
    that the document has the UUID from a registry, rather than that it was derived.
    `file_type` is a name with the ending of file names, as far as that is known;
    `authors` are keys of people; `licences` and `keywords` are texts with their URLs;
    `facts` are keys with values. `record` is the entity where the document refers to
    one of this registry's own.
    """

    keys: tuple[str, ...]
    where: str
    uuid: uuid.UUID
    uuid_stated: bool = False
    record: Any = None
    description: str | None = None
    file_type: tuple[str, str | None] | None = None
    authors: tuple[str, ...] = ()
    place: Place | None = None
    products: tuple[Product, ...] = ()
    release: Release | None = None
    licences: tuple[tuple[str, str | None], ...] = ()
    keywords: tuple[tuple[str, str | None], ...] = ()
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Part:
    """A part of a thing that a run read or wrote; without a name, all of it."""

    thing: str
    component: str | None = None


@dataclass(frozen=True)
class Run:
    """A run of code, the default type of activities.

    ``links`` are keys of things by the foreign keys of its record. A run that is on
    record need not say when it began, and what it says may be a guess: then
    `is_dated` is false, and the record is right.
    """

    key: str
    where: str
    uuid: uuid.UUID
    description: str
    began: datetime | None
    is_dated: bool = True
    ended: datetime | None = None
    has_failed: bool = False
    links: Mapping[str, str] = field(default_factory=dict)
    inputs: tuple[Part, ...] = ()
    outputs: tuple[Part, ...] = ()
    record: Any = None


@dataclass(frozen=True)
class Described:
    """An activity or an entity of a registered type beside runs and files.

    ``values`` are by the fields of the record; ``links`` are keys of entities by the
    foreign keys of an activity.
    """

    key: str
    where: str
    node_type: NodeType
    uuid: uuid.UUID
    values: Mapping[str, Any]
    links: Mapping[str, str] = field(default_factory=dict)
    record: Record | None = None


@dataclass(frozen=True)
class Defined:
    """A record that a document defines in full: its values, as its type reads them."""

    key: str
    where: str
    type: DefinedType
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Registered:
    """What became of descriptions.

    ``links`` has the record of everything that others can refer to, by key; ``records``
    what each key stands for itself, where that is another record.
    """

    links: Mapping[str, Record]
    records: Mapping[str, Record] | None = None

    @property
    def keys(self) -> Mapping[str, Record]:
        """The records that the keys of the document stand for."""
        return self.links if self.records is None else self.records


@dataclass(frozen=True)
class Graph:
    """All that a document says; ``others`` with the entities first."""

    people: tuple[Person, ...] = ()
    things: tuple[Thing, ...] = ()
    runs: tuple[Run, ...] = ()
    others: tuple[Described, ...] = ()
    definitions: tuple[Defined, ...] = ()
