"""Entities and actions of a crate that are of other registered types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from registry.core.graph import Element, graph
from registry.provenance.crates.reading.fields import values_of
from registry.provenance.crates.reading.labels import stated_uuid
from registry.provenance.crates.terms import ACTIONS
from registry.provenance.importing import Described, derived_uuid

if TYPE_CHECKING:
    from registry.core.graph import NodeType
    from registry.core.graph.mapping import Use
    from registry.provenance.crates.reading.graph import Crate, Entity
    from registry.provenance.crates.reading.runs import Runs


def other_type_of(entity: Entity, element: Element) -> NodeType | None:
    """Return the registered type that an entity says it is, None for the default."""
    types = frozenset(entity.links("additionalType"))
    for node_type in graph.other_types(element):
        term = node_type.document.own_term if node_type.document else None
        if term is not None and term.iri in types:
            return node_type
    return None


def others_of(crate: Crate, runs: Runs) -> tuple[Described, ...]:
    """Read what is of other types, entities first; ``runs`` knows the files."""
    entities = {
        one.id: _described(one, node_type, crate)
        for one in crate
        if (node_type := other_type_of(one, Element.ENTITY)) is not None
    }
    activities = [
        _activity(one, node_type, crate, runs)
        for one in crate.of_type(ACTIONS)
        if (node_type := other_type_of(one, Element.ACTIVITY)) is not None
    ]
    return (*entities.values(), *activities)


def _described(
    entity: Entity,
    node_type: NodeType,
    crate: Crate,
    links: dict[str, str] | None = None,
) -> Described:
    """Read an entity by the map of its type."""
    document = node_type.document
    return Described(
        key=entity.id,
        where=entity.where,
        node_type=node_type,
        uuid=stated_uuid(entity) or derived_uuid(entity.id),
        values=values_of(document, entity, crate) if document else {},
        links=links or {},
    )


def _activity(
    action: Entity, node_type: NodeType, crate: Crate, runs: Runs
) -> Described:
    """Read an action with what it used and generated, each in its field."""
    activity = node_type.document.activity if node_type.document else None
    links: dict[str, str] = {}
    for use in (*activity.uses, *activity.generates) if activity else ():
        for entity in _used(action, use, crate):
            key = runs.key_of(entity)
            if not use.is_list and key not in links.values():
                links.setdefault(use.name, key)
    return _described(action, node_type, crate, links)


def _used(action: Entity, use: Use, crate: Crate) -> list[Entity]:
    """Return the entities that an action can have used as this."""
    word = (use.role.crate_word or "object") if use.role else "result"
    return [
        entity
        for entity in crate.linked(action, word)
        if (other_type_of(entity, Element.ENTITY) or use.target) is use.target
        and (use.target.is_default or other_type_of(entity, Element.ENTITY))
    ]
