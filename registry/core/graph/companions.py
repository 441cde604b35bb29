"""Companions: records that describe activities further than lineages show.

A lineage follows activities and entities, and a companion is neither: it records
for whom an activity was done, by which agreement, and what it used its entities as.
Documents describe it with the activity, and define it in full.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from uuid import UUID

    from registry.core.graph.definitions import DefinedType, Definition, RecordKey
    from registry.core.graph.described import Defined, Graph
    from registry.core.graph.files import CrateEntities, Properties
    from registry.core.graph.ledger import Ledger
    from registry.core.graph.terms import Term
    from registry.core.models import Record

#: Attributes of PROV: qualified names with texts, ``TermName`` or ``RecordKey``.
Attributes = tuple[tuple[str, Any], ...]


class Relation(NamedTuple):
    """A relation of PROV, by its word, between records in the order of PROV-DM."""

    word: str
    ends: tuple[RecordKey | None, ...]
    attributes: Attributes = ()


class Written(NamedTuple):
    """What an activity with a companion wrote: the entity, and the part of it."""

    activity: int
    entity: int
    part: int


@dataclass(frozen=True)
class CompanionData:
    """What documents have of the companions of some activities.

    ``companions`` are by the ids of activities, ``definitions`` all other records that
    they link to. ``agents`` are records that have a document type of their own.
    ``details`` are attributes of a link of an activity, by the field of the link and
    the record that names the entity. ``names`` have to be among the names of their
    entities, and ``written`` among what their activities generated: without them a
    companion could not be imported.
    """

    companions: Mapping[int, Definition] = field(default_factory=dict)
    definitions: tuple[Definition, ...] = ()
    agents: tuple[Any, ...] = ()
    relations: tuple[Relation, ...] = ()
    details: Mapping[tuple[int, str, RecordKey], Attributes] = field(
        default_factory=dict
    )
    names: frozenset[RecordKey] = frozenset()
    written: tuple[Written, ...] = ()


@dataclass(frozen=True)
class Known:
    """The records of what a document describes before its definitions."""

    people: Mapping[UUID, Record]
    things: Mapping[UUID, Record]
    activities: Mapping[UUID, Record]
    products: Mapping[tuple[str, str, str], Record]
    releases: Mapping[tuple[str, str], Record]

    @classmethod
    def of(
        cls,
        described: Graph,
        records: Mapping[str, Record],
        entities: Mapping[str, Record],
    ) -> Known:
        """Find the records of what was described, by its keys.

        ``entities`` has the nodes of the graph where ``records`` has names of theirs.
        """
        things = described.things
        products = [product for thing in things for product in thing.products]
        releases = [thing.release for thing in things if thing.release is not None]
        return cls(
            people={one.uuid: records[one.key] for one in described.people},
            things={one.uuid: entities[one.keys[0]] for one in things},
            activities={one.uuid: records[one.key] for one in described.runs},
            products={
                (one.namespace, one.name, one.version): records[one.key]
                for one in products
            },
            releases={(one.name, one.version): records[one.key] for one in releases},
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class CompanionType:
    """What a domain declares of the companions of its activities.

    ``type`` is the companion's own, ``types`` are those of the records that it links
    to. ``link`` is the attribute of a fetched activity that has its companion or None;
    ``fetch`` returns the data of the companions of such activities, in a constant
    number of queries. ``person_roles`` are the roles in which documents associate
    people with activities, ``roles`` all roles of agents that companions have.
    ``marks`` are terms that entities of crates have as their additional type where they
    only repeat a definition, ``crate_words`` those of crates for companions alone.
    ``describe`` returns the properties of an action by the id of its activity, and adds
    the entities that it refers to besides those of definitions.
    ``importer`` finds or registers the records that a document defines.
    """

    type: DefinedType
    types: tuple[DefinedType, ...]
    link: str
    fetch: Callable[[Sequence[Any]], CompanionData]
    roles: tuple[Term, ...]
    person_roles: tuple[Term, ...]
    marks: tuple[Term, ...]
    crate_words: tuple[Term, ...]
    describe: Callable[[Any, int, CrateEntities], Properties]
    importer: Callable[[Sequence[Defined], Known, Ledger], Mapping[str, Record]]

    @property
    def all_types(self) -> tuple[DefinedType, ...]:
        """Return all types that the definitions in documents can be of."""
        return (*self.types, self.type)

    def data_of(self, activities: Iterable[Any]) -> CompanionData:
        """Return the data of the companions of activities; without any, no query."""
        some = [one for one in activities if getattr(one, self.link) is not None]
        return self.fetch(some) if some else CompanionData()
