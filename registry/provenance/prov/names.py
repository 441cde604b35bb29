"""The names that documents have for what is said of files, by the declared maps."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from registry.core.graph import Element, graph
from registry.core.graph.mapping import Datatype
from registry.core.graph.terms import FAIR, HASH, PUBLIC, WITHDRAWN
from registry.provenance.prov.fields import iris_of, names_in
from registry.provenance.prov.sources import TYPES
from registry.provenance.vocabulary import PROV, RDFS, iri_of

LOCATION = f"{PROV}atLocation"
LABELS = (f"{PROV}label", f"{RDFS}label")
HASHES = (HASH.iri, f"{FAIR}commit")


@dataclass(frozen=True)
class FileNames:
    """The IRIs of what is said of files.

    ``names`` are what every kind of name consists of, ``of_products`` what only names
    of data have. ``mapped`` becomes a field of a record, or is the registry's own
    business.
    """

    names: tuple[str, ...]
    of_products: frozenset[str]
    descriptions: tuple[str, ...]
    formats: tuple[str, ...]
    extensions: tuple[str, ...]
    software: str
    mapped: frozenset[str]


@cache
def file_names() -> FileNames:
    """Return the IRIs of what is said of files, as they are declared."""
    files = graph.files
    own = graph.default_type(Element.ENTITY).required_document
    of_software = names_in(files.software)
    names = tuple(
        name
        for field in files.name.fields
        for name in iris_of(field)
        if name in of_software
    )
    identifiers = {
        name
        for field in files.origin.fields
        if field.datatype is Datatype.IDENTIFIER
        for name in iris_of(field)
    }
    documents = (files.name, files.origin, files.software, own)
    of_records = {name for one in documents for name in names_in(one)}
    return FileNames(
        names=names,
        of_products=frozenset(names_in(files.name) - names_in(files.origin)),
        descriptions=iris_of(own.field_for(files.description)),
        formats=iris_of(files.format.field_for(files.format_name)),
        extensions=iris_of(files.format.field_for(files.format_ending)),
        software=iri_of(files.software.prov_class),
        # what names and identifies files is on record of those without a name, too
        mapped=frozenset(
            {PUBLIC.iri, WITHDRAWN.iri, *LABELS, *TYPES, *of_records}
        ).difference(names, identifiers),
    )
