"""Read the records that a crate defines in full, and compare them with the rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError

from registry.core.graph import graph
from registry.core.graph.definitions import DEFINITION
from registry.provenance.importing import Defined

if TYPE_CHECKING:
    from registry.core.graph.definitions import DefinedType
    from registry.provenance.crates.reading.graph import Crate, Entity


def definitions_of(crate: Crate) -> tuple[Defined, ...]:
    """Return what a crate defines; raise ``InvalidInput`` for the first that is wrong.

    An entity without a definition is what its other types are.
    """
    types = _types()
    return tuple(
        Defined(entity.id, entity.where, kind, _values(entity, kind))
        for entity in crate
        if entity.text(DEFINITION.name) is not None
        for iri in entity.links("additionalType")
        if (kind := types.get(iri)) is not None
    )


def is_defined(entity: Entity) -> bool:
    """Return whether definitions have all of an entity, so that it is no file."""
    marks = {term.iri for one in graph.companions for term in one.marks}
    return not marks.union(_types()).isdisjoint(entity.links("additionalType"))


def _types() -> dict[str, DefinedType]:
    return {
        kind.own_term.iri: kind
        for companion in graph.companions
        for kind in companion.all_types
    }


def _values(entity: Entity, kind: DefinedType) -> Mapping[str, Any]:
    """Read a definition, which must agree with the entity."""
    try:
        values = kind.read(entity.texts(DEFINITION.name))
    except ValidationError as error:
        entity.refuse(f"{DEFINITION.name}: {error.messages[0]}")
    for word, text in _texts(kind.describe(values)):
        present = entity.texts(word)
        if present and present != [text]:
            entity.refuse(f"{word} differs from that of the {DEFINITION.name}.")
    return values


def _texts(properties: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for word, value in properties.items():
        if isinstance(value, str) and not word.startswith("@"):
            yield word, value
