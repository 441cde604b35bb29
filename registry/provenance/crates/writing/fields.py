"""What an entity of a crate says of a record's fields, by their declared map."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from registry.core.file_addresses import file_address
from registry.core.graph.mapping import Datatype
from registry.core.graph.queries import field_of
from registry.core.graph.terms import WITHDRAWN

if TYPE_CHECKING:
    from registry.core.graph.mapping import DocumentType, Location, MappedField


def properties_of(
    document: DocumentType, record: Any, *, is_private: bool = False
) -> dict[str, Any]:
    """Return the properties of a record; a value of None is left out later.

    ``is_private`` says that the file at the record's location is private.
    """
    found: dict[str, Any] = {"@type": document.crate_class_of(record)}
    if document.crate_name is not None:
        found["name"] = document.crate_name(record)
    for field in document.crate_fields:
        found |= _properties(field, record, is_private=is_private)
    return {**found, **withdrawal(record.withdrawn)}


def withdrawal(reason: str | None, *, is_work: bool = False) -> dict[str, Any]:
    """Return the properties of a withdrawn record.

    schema.org has a word for the status of creative works alone.
    """
    said: dict[str, Any] = {WITHDRAWN.name: reason}
    if is_work and reason is not None:
        said["creativeWorkStatus"] = f"Withdrawn: {reason}"
    return said


def _properties(field: MappedField, record: Any, *, is_private: bool) -> dict[str, Any]:
    if not field.crate_words or field.nested is not None:
        return {}
    value, [word, *_] = field.value_of(record), field.crate_words
    if field.datatype is Datatype.LOCATION:
        return dict(_location(word, value, is_private=is_private))
    if field.datatype is Datatype.PROPERTY_VALUE:
        # stands in an entity of its own
        return {}
    return {word: _written(field, value)}


def _written(field: MappedField, value: Any) -> Any:
    """Write a value as crates have it."""
    if field.datatype is Datatype.IDENTIFIER:
        return [value] if value else []
    if field.datatype is Datatype.MOMENT:
        # as readers of crates expect: +00:00, not Z
        return None if value is None else value.isoformat()
    if field.datatype is Datatype.UUID:
        return str(value)
    return None if value == "" else value


def names_of_kinds(
    document: DocumentType, record: Any
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the names of declared kinds, each an entity, with the word for it."""
    for field in document.fields:
        value = field.value_of(record)
        if field.datatype is Datatype.PROPERTY_VALUE and value:
            kind = getattr(record, field_of(field.kind_field).name)
            said = {"@type": "PropertyValue", "name": kind, "propertyID": kind}
            yield field.crate_words[0], {**said, "value": value}


def _location(
    word: str, location: Location | None, *, is_private: bool
) -> Iterator[tuple[str, Any]]:
    """Say where a file is; that it is public goes without saying."""
    if location is not None:
        yield word, address_at(location)
        yield "hash", location.hash
        yield "storage_root", location.storage_root.root
        yield "public", False if is_private else None


def compact(entity: dict[str, Any]) -> dict[str, Any]:
    """Write lists of one as that one, as RO-Crate has it."""
    return {
        name: value[0] if isinstance(value, list) and len(value) == 1 else value
        for name, value in entity.items()
    }


def address_at(location: Location) -> str:
    """Return the address of a storage location."""
    return file_address(location.storage_root.root, location.path)
