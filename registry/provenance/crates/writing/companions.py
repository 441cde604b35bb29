"""Describe companions of activities as entities of a crate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from registry.core.graph import graph
from registry.core.graph.definitions import DEFINITION
from registry.core.graph.files import unique_links
from registry.provenance.crates.terms import extra_terms
from registry.provenance.crates.writing.fields import withdrawal

if TYPE_CHECKING:
    from registry.core.graph.companions import CompanionData
    from registry.core.graph.definitions import Definition
    from registry.provenance.crates.writing.entities import Values

#: Properties of an action that have several references.
_LISTS = ("object", "result")


def words_of(data: CompanionData) -> dict[str, str]:
    """Return what the context of a crate adds; companions have words of their own."""
    words = extra_terms()
    if data.companions:
        return words
    others = {term.name for one in graph.companions for term in one.crate_words}
    return {name: iri for name, iri in words.items() if name not in others}


def values_of(one: Definition) -> Values:
    """Return the properties of an entity whose record is defined in full."""
    return {
        **one.type.describe(one.values),
        "additionalType": {"@id": one.type.own_term.iri},
        **withdrawal(one.withdrawn),
        DEFINITION.name: one.literal,
    }


def with_companion(
    action: Values, defined: Values, described: Mapping[str, Any]
) -> Values:
    """Return an action with the properties of its companion; lists become longer.

    Properties that the action has itself stay.
    """
    lists = {
        name: unique_links([*listed(action.get(name)), *listed(described.get(name))])
        or None
        for name in _LISTS
    }
    known = {name: value for name, value in action.items() if value is not None}
    return {**defined, **described, **known, **lists}


def listed(value: Any) -> list[Any]:
    """Return a value as a list: several, one, or none."""
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]
