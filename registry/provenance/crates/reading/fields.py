"""Reading the fields of a record from an entity of a crate, by their declared map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from registry.core.graph.mapping import Datatype
from registry.core.graph.queries import field_of

if TYPE_CHECKING:
    from registry.core.graph.mapping import DocumentType, MappedField
    from registry.provenance.crates.reading.graph import Crate, Entity

#: What is read elsewhere, or stands in other entities.
_ELSEWHERE = frozenset({Datatype.LOCATION, Datatype.UUID})


def values_of(document: DocumentType, entity: Entity, crate: Crate) -> dict[str, Any]:
    """Return the values of a record's fields; locations and nested records aside."""
    values: dict[str, Any] = {}
    for field in document.fields:
        is_here = field.is_read and field.crate_words
        if is_here and field.datatype not in _ELSEWHERE:
            values |= _values_of_field(field, entity, crate)
    return values


def _values_of_field(
    field: MappedField, entity: Entity, crate: Crate
) -> dict[str, Any]:
    [word, *_] = field.crate_words
    if field.datatype is Datatype.PROPERTY_VALUE:
        named = crate.linked(entity, word)[:1]
        value = named[0].text("value") if named else None
        kind = named[0].text("propertyID") if named else None
        return {field.name: value, field_of(field.kind_field).name: kind}
    if field.datatype is Datatype.FLAG:
        said = entity.flag(word)
        return {field.name: field.implied if said is None else said}
    if field.datatype is Datatype.MOMENT:
        return {field.name: entity.moment(word)}
    return {field.name: _text_of(field, entity)}


def _text_of(field: MappedField, entity: Entity) -> str | None:
    """Return a text; an empty one where there is none but must be one."""
    texts = (entity.text(word) for word in field.crate_words)
    found = next((text for text in texts if text is not None), None)
    is_needed = field.through is None and not field_of(field.field).null
    return "" if found is None and is_needed else found
