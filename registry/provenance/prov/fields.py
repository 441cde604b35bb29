"""Reading the fields of a record from a PROV document, by their declared map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from registry.core.graph.mapping import Datatype
from registry.provenance.prov.reading import moment
from registry.provenance.vocabulary import iri_of

if TYPE_CHECKING:
    from registry.core.graph.mapping import DocumentType, MappedField
    from registry.provenance.prov.reading import Statement
    from registry.provenance.prov.sources import Source


def iris_of(field: MappedField) -> tuple[str, ...]:
    """Return the names that a field has in documents, in full."""
    return tuple(map(iri_of, field.prov_names))


def names_in(document: DocumentType) -> set[str]:
    """Return the names of all fields of a record, those of nested records too."""
    found: set[str] = set()
    for field in document.fields:
        found.update(iris_of(field))
        if field.nested is not None:
            found |= names_in(field.nested)
    return found


def text_of(document: DocumentType, field: Any, statement: Statement) -> str | None:
    """Return the text that a document has for a field of the record's model."""
    return statement.text(*iris_of(document.field_for(field)))


def values_of(
    document: DocumentType, source: Source, statement: Statement
) -> dict[str, Any]:
    """Return the values of a record's fields; locations and nested records aside."""
    return {
        field.name: _value_of(field, source, statement)
        for field in document.fields
        if field.is_read and field.prov_names and field.datatype is not Datatype.UUID
    }


def _value_of(field: MappedField, source: Source, statement: Statement) -> Any:
    text = statement.text(*iris_of(field))
    if field.datatype is Datatype.FLAG:
        return source.flag_of(statement, *iris_of(field), implied=field.implied)
    if field.datatype is Datatype.MOMENT:
        return None if text is None else moment(text)
    return text
