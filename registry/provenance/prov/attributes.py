"""The attributes of each record in a report, as pairs of a name and a value."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from registry.core.file_addresses import file_address
from registry.core.graph.mapping import Datatype, is_private
from registry.core.graph.terms import WITHDRAWN
from registry.provenance.prov.statements import Attribute, Name

if TYPE_CHECKING:
    from registry.core.graph.mapping import DocumentType, Location, MappedField

#: What XML 1.0 (section 2.2) has no way to write.
_UNWRITABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def writable(text: str) -> str:
    """Replace the characters that XML cannot write by U+FFFD.

    In every format alike, so that all say the same.
    """
    return _UNWRITABLE.sub("\ufffd", text)


def described(*pairs: tuple[str, Any]) -> list[Attribute]:
    """Return the attributes that have a value; texts made writable."""
    return [
        (name, writable(value) if type(value) is str else value)
        for name, value in pairs
        if value is not None and value != ""
    ]


def of_record(
    document: DocumentType, record: Any, private: frozenset[str]
) -> list[Attribute]:
    """Describe a record by its map; ``private`` are the hashes of private files."""
    pairs = (
        pair for field in document.fields for pair in _pairs(field, record, private)
    )
    return described(
        *_class_of(document), *pairs, (WITHDRAWN.qualified, record.withdrawn)
    )


def _class_of(document: DocumentType) -> Iterator[tuple[str, Any]]:
    if document.prov_class:
        yield "rdf:type", Name(document.prov_class)


def _pairs(
    field: MappedField, record: Any, private: frozenset[str]
) -> Iterator[tuple[str, Any]]:
    """Yield what is said of a field."""
    value = field.value_of(record)
    if field.datatype is Datatype.LOCATION:
        # without a place there is nothing but the key value to go by
        is_closed = bool(getattr(record, "closing", ()))
        if value is not None:
            is_closed = is_private(value, private)
        yield from of_place(value, is_closed=is_closed)
    elif field.nested is not None:
        for inner in field.nested.fields if value is not None else ():
            yield from _pairs(inner, value, private)
    elif field.prov_names and (field.implied is None or value != field.implied):
        is_uuid = field.datatype is Datatype.UUID
        yield field.prov_names[0], str(value) if is_uuid else value


def of_place(
    location: Location | None, *, is_closed: bool
) -> Iterator[tuple[str, Any]]:
    """Describe where a file lives; ``fair:public`` is said of private files alone."""
    if location is not None:
        root = location.storage_root.root
        yield "prov:atLocation", file_address(root, location.path)
        yield "fair:storage_root", root
        yield "fair:hash", location.hash
    if is_closed:
        yield "fair:public", False
