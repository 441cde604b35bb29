"""Terms of the registry's own vocabulary, which domains declare."""

from __future__ import annotations

import enum
from dataclasses import dataclass

#: The address of the vocabulary. The registries of the FAIR data pipeline gave it out
#: long ago, and their readers know it.
FAIR = "https://data.fairdatapipeline.org/vocab/#"
#: The prefix of the vocabulary in PROV documents.
PREFIX = "fair"


class TermKind(enum.StrEnum):
    """What a term is, by the name of its class in RDF."""

    CLASS = "rdfs:Class"
    PROPERTY = "rdf:Property"
    ROLE = "prov:Role"


@dataclass(frozen=True)
class Term:
    """A term of the registry's own vocabulary, with its definition.

    A term keeps its name for ever; terms can be added. ``in_crates`` says that crates
    use the term too, so that their context declares it.
    """

    name: str
    kind: TermKind
    definition: str
    in_crates: bool = False

    @property
    def iri(self) -> str:
        """Return the full name of the term."""
        return f"{FAIR}{self.name}"

    @property
    def qualified(self) -> str:
        """Return the name of the term in a PROV document: ``fair:hash``."""
        return f"{PREFIX}:{self.name}"
