"""Fields that declarations refer to as attributes of their models.

``DataProduct.name`` and ``Object.components`` are references that type checkers follow.
"""

from __future__ import annotations

from typing import Any, Protocol, TypeAlias

from django.db.models.fields.related_descriptors import ReverseOneToOneDescriptor


class HasField(Protocol):
    """A field of a model, as an attribute of its class."""

    @property
    def field(self) -> Any:
        """The field itself; of a list of links, the field at its other end."""


#: A field, a list of links, or the link to a record's one counterpart.
FieldReference: TypeAlias = "HasField | ReverseOneToOneDescriptor[Any, Any]"


def name_of(reference: FieldReference) -> str:
    """Return the name of a field that is referred to as ``Model.field``."""
    attribute: Any = reference
    if isinstance(attribute, ReverseOneToOneDescriptor):
        return str(attribute.related.get_accessor_name())
    relation = getattr(attribute, "rel", None)
    if relation is not None and getattr(attribute, "reverse", True):
        return str(relation.get_accessor_name())
    return str(attribute.field.name)


def path_of(*references: FieldReference) -> str:
    """Return the name of a field at the end of links, as queries spell it."""
    return "__".join(map(name_of, references))
