"""The vocabularies of provenance documents, and the terms that are our own.

The address of our own terms was given out long ago by the registries of the FAIR data
pipeline, whose readers know it; any registry can serve the terms at ``/vocab/``. What
a term is called must never change; terms may be added.
"""

from __future__ import annotations

import enum
import json
from dataclasses import dataclass
from typing import Any

FAIR = "https://data.fairdatapipeline.org/vocab/#"
PROV = "http://www.w3.org/ns/prov#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
DCTERMS = "http://purl.org/dc/terms/"
DCAT = "http://www.w3.org/ns/dcat#"
DCMITYPE = "http://purl.org/dc/dcmitype/"
#: Not the namespace of FOAF itself, but the one that readers of the reports know.
FOAF = "http://xmlns.com/foaf/spec/#"

#: The prefixes of a report, beside ``lreg`` for the registry that it comes from.
NAMESPACES: dict[str, str] = {
    "dcat": DCAT,
    "dcmitype": DCMITYPE,
    "dcterms": DCTERMS,
    "fair": FAIR,
    "foaf": FOAF,
    "rdf": RDF,
}


class Kind(enum.StrEnum):
    """What a term is, by the name of its class in RDF."""

    CLASS = "rdfs:Class"
    PROPERTY = "rdf:Property"
    ROLE = "prov:Role"


@dataclass(frozen=True)
class Term:
    """A term of ours: what it is called, what it is, and what it says of what."""

    name: str
    kind: Kind
    definition: str

    @property
    def iri(self) -> str:
        """The term's full name."""
        return f"{FAIR}{self.name}"


_C, _P, _R = Kind.CLASS, Kind.PROPERTY, Kind.ROLE

#: All terms of ours, in the order of the alphabet.
TERMS: tuple[Term, ...] = (
    Term(
        "Run",
        _C,
        "A code run: one execution of a piece of code, which read and wrote data. "
        "Every run is a prov:Activity.",
    ),
    Term(
        "UnrecordedSoftware",
        _C,
        "Stands in a crate for the software of a code run of which nothing is on "
        "record, since the profile wants some to be named.",
    ),
    Term(
        "alternate_identifier",
        _P,
        "A name of an external object that is no URL.",
    ),
    Term(
        "alternate_identifier_type",
        _P,
        "What kind of name the alternate identifier is, for example PMCID.",
    ),
    Term("code_runner", _R, "Who started a code run."),
    Term(
        "component",
        _P,
        "The name of the part of a file that a run read or wrote, such as a column or "
        "a table, on prov:used and prov:wasGeneratedBy. Without it, the whole file is "
        "meant; several parts are several values.",
    ),
    Term(
        "configuration",
        _P,
        "The file that a code run, as an action in a crate, was configured by.",
    ),
    Term(
        "extension",
        _P,
        "The usual ending of the names of files in a format, without the dot: csv.",
    ),
    Term(
        "hash",
        _P,
        "The SHA-1 of the bytes of a file in hexadecimal digits, or the commit of a "
        "code repository.",
    ),
    Term("input_data", _R, "Data that a code run read."),
    Term(
        "model_configuration",
        _R,
        "The file that a code run was configured by.",
    ),
    Term(
        "namespace",
        _P,
        "The name of the namespace that a data product is named in. With its title and "
        "its version it names the data product in full.",
    ),
    Term(
        "primary_not_supplement",
        _P,
        "Whether an external object is the primary source of its data product (true, "
        "also where nothing is said) or a supplement (false).",
    ),
    Term(
        "public",
        _P,
        "Whether everybody may have the bytes of a file (true, also where nothing is "
        "said) or only few (false).",
    ),
    Term(
        "script",
        _P,
        "The script that started a code run, as an action in a crate.",
    ),
    Term("software", _R, "The code that a code run executed."),
    Term(
        "storage_root",
        _P,
        "The URI of the place that a file is kept below. It is the beginning of the "
        "file's prov:atLocation.",
    ),
    Term(
        "submission_script",
        _R,
        "The script that started a code run.",
    ),
    Term(
        "uuid",
        _P,
        "The UUID by which registries recognise a file, a run or a person. Several "
        "entities with one UUID are several names of the same file.",
    ),
    Term("website", _P, "The web page of a release of a code repository."),
)


def as_turtle() -> str:
    """Return the terms in Turtle (W3C RDF 1.1 Turtle)."""
    prefixes = {"fair": FAIR, "prov": PROV, "rdf": RDF, "rdfs": RDFS}
    lines = [f"@prefix {prefix}: <{iri}> ." for prefix, iri in prefixes.items()]
    # JSON's escapes are among those of Turtle's strings
    terms = [
        f"fair:{term.name} a {term.kind.value} ;\n"
        f"    rdfs:label {json.dumps(label_of(term))}@en ;\n"
        f"    rdfs:comment {json.dumps(term.definition)}@en ;\n"
        f"    rdfs:isDefinedBy <{FAIR}> ."
        for term in TERMS
    ]
    return "\n".join(lines) + "\n\n" + "\n\n".join(terms) + "\n"


def as_json_ld() -> dict[str, Any]:
    """Return the terms as JSON-LD 1.1, with all of its context in it."""
    return {
        "@context": {"fair": FAIR, "prov": PROV, "rdf": RDF, "rdfs": RDFS},
        "@graph": [
            {
                "@id": f"fair:{term.name}",
                "@type": term.kind.value,
                "rdfs:label": {"@value": label_of(term), "@language": "en"},
                "rdfs:comment": {"@value": term.definition, "@language": "en"},
                "rdfs:isDefinedBy": {"@id": FAIR},
            }
            for term in TERMS
        ],
    }


def label_of(term: Term) -> str:
    """Spell a term's name as people read it."""
    return "UUID" if term.name == "uuid" else term.name.replace("_", " ")
