"""Read the records that a document defines in full, and compare them with the rest.

A registry imports a definition, and other readers read the other attributes: so a
document in which they do not agree is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError

from registry.core.graph import graph
from registry.core.graph.definitions import DEFINITION, texts_of
from registry.provenance.importing import Defined
from registry.provenance.prov.attributes import writable
from registry.provenance.prov.reading import RELATIONS, step
from registry.provenance.prov.sources import has_type
from registry.provenance.vocabulary import PROV, iri_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from registry.core.graph.definitions import DefinedType
    from registry.provenance.prov.reading import Statement
    from registry.provenance.prov.sources import Source

_ROLE = f"{PROV}role"


@dataclass(frozen=True)
class Definitions:
    """The definitions of a document; ``elements`` are the IRIs of what is nothing else.

    The element of a companion is an activity, too, and is not among them.
    """

    defined: tuple[Defined, ...]
    elements: frozenset[str]

    def cover(self, relation: Statement) -> bool:
        """Return whether definitions have what a relation states."""
        ends = (
            value.text
            for name in RELATIONS[relation.kind]
            for value in relation.values(f"{PROV}{name}")
        )
        return has_role(relation, agent_roles()) or not self.elements.isdisjoint(ends)


def agent_roles() -> frozenset[str]:
    """Return the IRIs of the roles of agents that companions have."""
    return frozenset(role.iri for one in graph.companions for role in one.roles)


def person_roles() -> frozenset[str]:
    """Return the IRIs of the roles in which companions name people."""
    return frozenset(role.iri for one in graph.companions for role in one.person_roles)


def has_role(relation: Statement, roles: Collection[str]) -> bool:
    """Return whether a relation has one of these roles, and no other."""
    found = {value.text for value in relation.values(_ROLE)}
    return bool(found) and found <= {*roles}


def read_definitions(source: Source) -> Definitions:
    """Read what a document defines; complaints are those of the source."""
    defined: list[Defined] = []
    elements: set[str] = set()
    companions = {one.type for one in graph.companions}
    for kind, statement in _found(source):
        if kind not in companions:
            elements.add(statement.name)
        one = _defined(source, kind, statement)
        defined += [] if one is None else [one]
    return Definitions(tuple(defined), frozenset(elements))


def _found(source: Source) -> Iterator[tuple[DefinedType, Statement]]:
    """Yield the elements of the types that documents define."""
    types = [one for companion in graph.companions for one in companion.all_types]
    for elements in (source.agents, source.activities, source.entities):
        for statement in elements.values():
            for kind in types:
                if has_type(statement, kind.own_term.iri):
                    if statement.kind != kind.element:
                        message = f"A {kind.title} is an {kind.element}."
                        source.complaints.add(statement.where, message)
                    else:
                        yield kind, statement
                    break


def _defined(source: Source, kind: DefinedType, statement: Statement) -> Defined | None:
    """Read a definition; without one, the element leaves no record of its type."""
    literals = statement.values(DEFINITION.iri)
    if not literals:
        source.leave_out(
            statement.where,
            f"Without {DEFINITION.qualified}, no {kind.title} is made of it.",
        )
        return None
    where = step(statement.where, DEFINITION.qualified)
    try:
        values = kind.read([one.text for one in literals])
    except ValidationError as error:
        source.complaints.add(where, error.messages[0])
        return None
    _compare(source, kind, statement, values)
    return Defined(statement.name, where, kind, values)


def _compare(
    source: Source,
    kind: DefinedType,
    statement: Statement,
    values: Mapping[str, object],
) -> None:
    """Add complaints about attributes that do not agree with a definition.

    Line breaks and blanks do not count: programs that pass documents on change them.
    """
    expected = texts_of(kind.facts(values))
    for name, texts in expected.items():
        present = statement.values(iri_of(name))
        if present and {*map(_plain, texts)} != {_plain(one.text) for one in present}:
            source.complaints.add(
                step(statement.where, name),
                f"This differs from the {DEFINITION.qualified}.",
            )


def _plain(text: str) -> str:
    return " ".join(writable(text).split())
