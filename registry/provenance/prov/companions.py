"""Describe companions of activities as attributes of a report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from registry.core.graph.definitions import DEFINITION, RecordKey, TermName
from registry.core.graph.terms import WITHDRAWN
from registry.provenance.prov.attributes import described
from registry.provenance.prov.statements import HERE, Name

if TYPE_CHECKING:
    from registry.core.graph.definitions import Definition
    from registry.provenance.prov.statements import Attribute


def identify(record: Any) -> str:
    """Return the identifier of a record."""
    return f"{HERE}:api/{record.kind}/{record.pk}"


def named(value: Any) -> Any:
    """Return a value of an attribute, names among them as reports have them."""
    if isinstance(value, RecordKey):
        return Name(identify(value))
    return Name(value) if isinstance(value, TermName) else value


def of_definition(one: Definition) -> list[Attribute]:
    """Return the attributes of an element whose record is defined in full."""
    classes = (one.type.own_term.qualified, *one.type.classes)
    return described(
        *(("rdf:type", Name(name)) for name in classes),
        *one.type.facts(one.values),
        *((name, named(record)) for name, record in one.links),
        (WITHDRAWN.qualified, one.withdrawn),
        (DEFINITION.qualified, one.literal),
    )
