"""Agents of a document: the people and organisations that made its files."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import filterfalse
from typing import TYPE_CHECKING

from registry.core.graph import graph
from registry.provenance.importing import Person
from registry.provenance.prov.definitions import has_role, person_roles
from registry.provenance.prov.fields import text_of
from registry.provenance.prov.sources import has_type, local_name
from registry.provenance.vocabulary import PROV

if TYPE_CHECKING:
    from registry.provenance.prov.definitions import Definitions
    from registry.provenance.prov.reading import Statement
    from registry.provenance.prov.sources import Source

_ORCID = re.compile(r"(?:orcid:)?(\d{4}-\d{4}-\d{4}-\d{3}[\dX])", re.IGNORECASE)
#: Hosts whose addresses name people and organisations.
_NAMING = re.compile(r"https?://(www\.)?(orcid\.org|ror\.org|isni\.org|viaf\.org)/.+")


@dataclass(frozen=True)
class Agents:
    """The people of a document, and who made which entity, by IRI."""

    people: tuple[Person, ...]
    authors: Mapping[str, tuple[str, ...]]


def map_agents(source: Source, definitions: Definitions) -> Agents:
    """Read the authors of files, and the people whom definitions link to.

    Other agents leave no record.
    """
    authors: dict[str, tuple[str, ...]] = {}
    people: dict[str, Person] = {}
    attributions = source.document.of("wasAttributedTo")
    for relation in filterfalse(definitions.cover, attributions):
        entity, agent = relation.target("entity") or "", relation.target("agent")
        statement = source.agents.get(agent or "")
        if statement is None or entity not in source.entities:
            source.leave_out(relation.where, "It names no author of a file.")
        elif has_type(statement, f"{PROV}SoftwareAgent"):
            source.leave_out(relation.where, "Software is no author here.")
        else:
            people.setdefault(statement.name, _person(source, statement))
            authors[entity] = (*authors.get(entity, ()), statement.name)
    for statement in _people_of_companions(source):
        people.setdefault(statement.name, _person(source, statement))
    _leave_out(source, {*people, *definitions.elements})
    return Agents(tuple(people.values()), authors)


def _leave_out(source: Source, known: Collection[str]) -> None:
    """Note the agents that become no record."""
    for name, statement in source.agents.items():
        if name not in known:
            source.leave_out(
                statement.where, "Agents become authors of what is attributed to them."
            )


def _people_of_companions(source: Source) -> Iterator[Statement]:
    """Yield the people whom companions of activities name."""
    roles = person_roles()
    for relation in source.document.of("wasAssociatedWith"):
        statement = source.agents.get(relation.target("agent") or "")
        if statement is not None and has_role(relation, roles):
            yield statement


def _person(source: Source, statement: Statement) -> Person:
    record = source.own.get(statement.name)
    people = graph.people
    is_known = isinstance(record, people.document.model)
    if record is not None and not is_known:
        source.complaints.add(statement.where, f"A {record.kind} is no agent.")
    identifier = _identifier(statement)
    name = text_of(people.document, people.name, statement)
    return Person(
        key=statement.name,
        where=statement.where,
        uuid=source.uuid_of(statement)[0],
        name=name if name or identifier else local_name(statement.name),
        identifier=identifier,
        record=record if is_known else None,
    )


def _identifier(statement: Statement) -> str | None:
    """Return the URL that names an agent all over the world."""
    people = graph.people
    said = (text_of(people.document, people.identifier, statement) or "").strip()
    bare = _ORCID.fullmatch(said)
    if bare is not None:
        return f"https://orcid.org/{bare[1].upper()}"
    if said.startswith(("https://", "http://")):
        return said
    return statement.name if _NAMING.fullmatch(statement.name) else None
