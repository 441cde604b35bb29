"""The vocabularies of provenance documents, and the terms that are our own.

Domains declare the terms (``registry.core.graph.terms``), with the fields that they
name where there are such; any registry can serve them at ``/vocab/``.
"""

from __future__ import annotations

import json
from typing import Any

from registry.core.graph import Term, graph
from registry.core.graph.terms import FAIR

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
#: All prefixes that declarations use.
_PREFIXES = {**NAMESPACES, "prov": PROV, "rdfs": RDFS}


def iri_of(name: str) -> str:
    """Return the full name of a term such as ``dcterms:title``, or of an IRI itself."""
    prefix, _, local = name.partition(":")
    return name if local.startswith("//") else f"{_PREFIXES[prefix]}{local}"


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
        for term in graph.terms
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
            for term in graph.terms
        ],
    }


def label_of(term: Term) -> str:
    """Spell a term's name as people read it."""
    return "UUID" if term.name == "uuid" else term.name.replace("_", " ")
