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


_PROPERTY = TermKind.PROPERTY

UUID = Term(
    "uuid",
    _PROPERTY,
    "The UUID by which registries recognise a file, a run or a person. Several "
    "entities with one UUID are several names of the same file.",
    in_crates=True,
)
HASH = Term(
    "hash",
    _PROPERTY,
    "The SHA-1 of the bytes of a file in hexadecimal digits, or the commit of a "
    "code repository.",
    in_crates=True,
)
PUBLIC = Term(
    "public",
    _PROPERTY,
    "Whether everybody may have the bytes of a file (true, also where nothing is "
    "said) or only few (false).",
    in_crates=True,
)
STORAGE_ROOT = Term(
    "storage_root",
    _PROPERTY,
    "The URI of the place that a file is kept below. It is the beginning of the "
    "file's prov:atLocation.",
    in_crates=True,
)
COMPONENT = Term(
    "component",
    _PROPERTY,
    "The name of the part of a file that a run read or wrote, such as a column or "
    "a table, on prov:used and prov:wasGeneratedBy. Without it, the whole file is "
    "meant; several parts are several values.",
    in_crates=True,
)

WITHDRAWN = Term(
    "withdrawn",
    _PROPERTY,
    "Why the registry has withdrawn a file, a data product, a run or another record. "
    "It is still part of what happened, but its data is no longer given out.",
    in_crates=True,
)

#: What the data types of fields, the parts of entities, and marks are called.
SHARED_TERMS = (UUID, HASH, PUBLIC, STORAGE_ROOT, COMPONENT, WITHDRAWN)
