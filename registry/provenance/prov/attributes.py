"""The attributes of each record in a report, as pairs of a name and a value."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from prov.constants import PROV as PROV_TERMS
from prov.identifier import Namespace, QualifiedName

from registry.provenance.privacy import is_private
from registry.provenance.vocabulary import NAMESPACES

if TYPE_CHECKING:
    from registry.catalogue.models import (
        Author,
        CodeRepoRelease,
        DataProduct,
        ExternalObject,
        Object,
        StorageLocation,
    )
    from registry.runs.models import CodeRun

#: An attribute of a record.
Attribute = tuple[QualifiedName, Any]

_SPACES = {prefix: Namespace(prefix, iri) for prefix, iri in NAMESPACES.items()}
#: What XML 1.0 (section 2.2) has no way to write.
_UNWRITABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def term(name: str) -> QualifiedName:
    """Return a term by its prefix and name: ``fair:Run``."""
    prefix, _, local = name.partition(":")
    space: Namespace = PROV_TERMS if prefix == "prov" else _SPACES[prefix]
    return space[local]


def writable(text: str) -> str:
    """Replace the characters that XML cannot write by U+FFFD.

    In every format alike, so that all say the same.
    """
    return _UNWRITABLE.sub("\ufffd", text)


def described(*pairs: tuple[str, Any]) -> list[Attribute]:
    """Return the attributes that have a value; texts made writable."""
    return [
        (term(name), writable(value) if isinstance(value, str) else value)
        for name, value in pairs
        if value is not None and value != ""
    ]


def of_file(thing: Object, private: frozenset[str]) -> list[Attribute]:
    """Describe a file, whatever it is called; ``private`` are the hashes of private."""
    file_type = thing.file_type
    place = thing.storage_location
    # without a place there is nothing but the key value to go by
    is_closed = is_private(place, private) if place else bool(thing.closing)  # type: ignore[attr-defined]
    return described(
        ("dcterms:modified", thing.last_updated),
        *of_place(place, is_closed=is_closed),
        ("dcterms:description", thing.description),
        ("dcterms:format", file_type.name if file_type else None),
        ("fair:extension", file_type.extension if file_type else None),
        ("fair:uuid", str(thing.uuid)),
    )


def of_place(
    location: StorageLocation | None, *, is_closed: bool
) -> Iterator[tuple[str, Any]]:
    """Describe where a file lives; ``fair:public`` is said of private files alone."""
    if location is not None:
        root = location.storage_root.root
        yield "prov:atLocation", address_of(root, location.path)
        yield "fair:storage_root", root
        yield "fair:hash", location.hash
    if is_closed:
        yield "fair:public", False


def address_of(root: str, path: str) -> str:
    """Join a storage root and a path by one slash."""
    return f"{root.removesuffix('/')}/{path.removeprefix('/')}"


def of_product(product: DataProduct) -> list[Attribute]:
    """Describe a data product beyond its file."""
    return described(
        ("rdf:type", term("dcat:Dataset")),
        ("dcterms:title", product.name),
        ("fair:namespace", product.namespace.name),
        ("dcat:hasVersion", product.version),
    )


def of_external(external: ExternalObject, private: frozenset[str]) -> list[Attribute]:
    """Describe where a data product came from."""
    store = external.original_store
    return described(
        ("rdf:type", term("dcat:Dataset")),
        ("dcterms:title", external.title),
        ("dcterms:issued", external.release_date),
        ("dcat:hasVersion", external.version),
        ("dcterms:identifier", external.identifier),
        ("fair:alternate_identifier", external.alternate_identifier),
        ("fair:alternate_identifier_type", external.alternate_identifier_type),
        ("dcterms:description", external.description),
        *of_place(store, is_closed=is_private(store, private)),
        (
            "fair:primary_not_supplement",
            None if external.primary_not_supplement else False,
        ),
    )


def of_release(release: CodeRepoRelease) -> list[Attribute]:
    """Describe a release of a code repository beyond its file."""
    return described(
        ("rdf:type", term("dcmitype:Software")),
        ("dcterms:title", release.name),
        ("dcat:hasVersion", release.version),
        ("fair:website", release.website),
    )


def of_run(run: CodeRun) -> list[Attribute]:
    """Describe a run beyond its times."""
    return described(
        ("rdf:type", term("fair:Run")),
        ("dcterms:description", run.description),
        ("fair:uuid", str(run.uuid)),
    )


def of_author(author: Author) -> list[Attribute]:
    """Describe a person or an organisation."""
    return described(
        ("rdf:type", term("prov:Person")),
        ("foaf:name", author.name),
        ("dcterms:identifier", author.identifier),
        ("fair:uuid", str(author.uuid)),
    )
