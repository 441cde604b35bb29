"""The statements of a report, as plain tuples, and the same as a document of `prov`.

A report of twenty runs has some thousand statements. Objects of the `prov` library for
them take ten times as long to make and to write as the rest of the report takes. So
the formats that people ask for most are written from these tuples (`formats`); the
library writes the others, and tests compare what both write.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from prov.constants import PROV as PROV_TERMS
from prov.constants import PROV_N_MAP
from prov.identifier import Namespace, QualifiedName
from prov.model import PROV_REC_CLS, ProvDocument

from registry.provenance.vocabulary import NAMESPACES

#: The prefix of the identifiers of records.
HERE = "lreg"

_SPACES = {prefix: Namespace(prefix, iri) for prefix, iri in NAMESPACES.items()}


class Name(str):
    """A qualified name, ``fair:Run``, where a value could also be a text."""

    __slots__ = ()


#: An attribute of an element or a relation: its qualified name, and a value.
Attribute = tuple[str, Any]


class Kind(NamedTuple):
    """A kind of statement: its word in PROV-N, its class, and its formal attributes."""

    word: str
    class_name: str
    formal: tuple[str, ...]

    @property
    def prov_type(self) -> QualifiedName:
        """Return what the `prov` library calls the kind."""
        prov_type: QualifiedName = PROV_TERMS[self.class_name]
        return prov_type


class Statement(NamedTuple):
    """An element or a relation.

    Only elements have an ``identifier``. ``values`` are those of the formal attributes
    of the kind, in that order: identifiers and times, or None.
    """

    kind: Kind
    identifier: str | None
    values: tuple[Any, ...]
    said: list[Attribute]


#: The kinds of statement by their words: ``wasGeneratedBy``.
KINDS = {
    word: Kind(
        word,
        prov_type.localpart,
        tuple(one.localpart for one in PROV_REC_CLS[prov_type].FORMAL_ATTRIBUTES),
    )
    for prov_type, word in PROV_N_MAP.items()
    if prov_type in PROV_REC_CLS
}


@dataclass(frozen=True)
class Report:
    """Statements in order; the identifiers of records begin with ``registry_url``."""

    registry_url: str
    statements: list[Statement] = field(default_factory=list)

    @property
    def prefixes(self) -> dict[str, str]:
        """Return the namespaces by their prefixes."""
        return {**NAMESPACES, HERE: f"{self.registry_url}/"}

    def element(
        self, word: str, identifier: str, *values: Any, said: list[Attribute]
    ) -> None:
        """Add an entity, an activity or an agent."""
        self.statements.append(Statement(KINDS[word], identifier, values, said))

    def relation(
        self, word: str, *values: Any, said: list[Attribute] | None = None
    ) -> None:
        """Add a relation; formal attributes at the end can be left out."""
        self.statements.append(Statement(KINDS[word], None, values, said or []))


def as_prov(report: Report) -> ProvDocument:
    """Return the statements as a document of the `prov` library."""
    document = ProvDocument()
    spaces = {"prov": PROV_TERMS, **_SPACES}
    for prefix in NAMESPACES:
        document.add_namespace(_SPACES[prefix])
    spaces[HERE] = Namespace(HERE, report.prefixes[HERE])
    document.add_namespace(spaces[HERE])

    def named(value: Any) -> QualifiedName:
        prefix, _, local = value.partition(":")
        name: QualifiedName = spaces[prefix][local]
        return name

    for kind, identifier, values, said in report.statements:
        formal = {
            PROV_TERMS[name]: named(value) if isinstance(value, str) else value
            for name, value in zip(kind.formal, values, strict=False)
            if value is not None
        }
        document.new_record(
            kind.prov_type,
            identifier and named(identifier),
            formal,
            [
                (named(name), named(value) if isinstance(value, Name) else value)
                for name, value in said
            ],
        )
    return document


def term(name: str) -> QualifiedName:
    """Return a term of a vocabulary as the `prov` library names it."""
    prefix, _, local = name.partition(":")
    space: Namespace = PROV_TERMS if prefix == "prov" else _SPACES[prefix]
    return space[local]


def values_by_name(said: list[Attribute]) -> dict[str, list[Any]]:
    """Return the values of each attribute, each once, in the order of the first."""
    single = {name: [value] for name, value in said}
    if len(single) == len(said):
        return single
    found: dict[str, list[Any]] = {}
    for name, value in said:
        values = found.setdefault(name, [])
        if value not in values:
            values.append(value)
    return found
