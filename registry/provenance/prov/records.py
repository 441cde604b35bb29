"""The records that a PROV report tells of, in as many queries whatever their number."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from registry.core.errors import InvalidInput
from registry.core.graph import Direction, Element, graph
from registry.provenance.lineage import lineage

if TYPE_CHECKING:
    from registry.core.graph import NodeType
    from registry.core.graph.companions import CompanionData
    from registry.core.graph.mapping import Use
    from registry.core.models import Record
    from registry.provenance.lineage import Lineage

#: Relations in one report: a run with a thousand inputs and outputs has a million.
MOST_RELATIONS = 20_000


@dataclass(frozen=True)
class Reported:
    """What a report tells of: activities, the nearest first, and entities by type.

    ``private`` are the hashes of private files. ``companion_data`` is that of the
    companions of the activities, by their types.
    """

    subject: Any
    activities: tuple[tuple[NodeType, Any], ...]
    entities: dict[NodeType, dict[int, Any]]
    private: frozenset[str]
    companion_data: dict[NodeType, CompanionData]

    def names_of(self, node_type: NodeType, record: Any) -> tuple[Any, ...]:
        """Return what an entity appears as: each record that names it, or itself.

        The name that the report is about is the only one of its entity, except for
        those that companions need.
        """
        names = [
            named
            for name in node_type.names
            if name.appears and name.of_node is not None
            for named in name.of_node(record)
        ]
        if not any(is_same(one, self.subject) for one in names):
            return tuple(names) or (record,)
        return tuple(
            one
            for one in names
            if is_same(one, self.subject) or self._is_needed((one.kind, one.pk))
        )

    def _is_needed(self, name: tuple[str, int]) -> bool:
        """Return whether a companion refers to an entity by this name."""
        return any(name in data.names for data in self.companion_data.values())

    def origin_of(self, name: Any) -> Any:
        """Return the record that says where the data of a name came from, or None."""
        for kind, _ in graph.kinds.values():
            origin = getattr(kind, "origin", None)
            if kind.kind == name.kind and origin is not None:
                return origin(name)
        return None


def is_same(one: Any, other: Any) -> bool:
    """Tell whether both are the same record, however they were fetched."""
    return bool((one.kind, one.pk) == (other.kind, other.pk))


def load(subject: Any, *, depth: int | None) -> Reported:
    """Load what a report about a record tells of, ``depth`` activities back or all.

    An activity that the report is about is the first, with all that it generated.
    Raises ``InvalidInput`` about ``depth`` where that would be too much for one report.
    """
    found = lineage(subject, direction=Direction.UPSTREAM, depth=depth)
    if found.truncated:
        raise _too_large(f"more than {len(found.nodes)} records", depth)
    entities = {
        one: set(found.ids_of(one.model))
        for one in graph.types_that_are(Element.ENTITY)
    }
    for use in graph.type_of(subject.kind).generates:
        entities[use.target] |= use.ids_of(subject)
    activities = _activities(found, entities)
    data = _companion_data(activities)
    if _add_written(data, entities):
        # a companion needs all that its activity wrote
        activities = _activities(found, entities)
    relations = sum(_relations_of(one, record) for one, record in activities)
    if relations > MOST_RELATIONS:
        raise _too_large(f"some {relations} relations", depth)
    told = {
        one: {record.pk: record for record in _rows(one, ids, entities)}
        for one, ids in entities.items()
    }
    private = (
        one.document.private_hashes(told[one].values())
        for one in told
        if one.document is not None and one.document.private_hashes is not None
    )
    hashes = frozenset[str]().union(*private)
    return Reported(subject, activities, told, hashes, data)


def _activities(
    found: Lineage, entities: dict[NodeType, set[int]]
) -> tuple[tuple[NodeType, Any], ...]:
    """Fetch the activities, with those outputs that are among the entities."""
    return tuple(
        (one, record)
        for one in graph.types_that_are(Element.ACTIVITY)
        for record in _in_order(one, found.ids_of(one.model), entities)
    )


def _companion_data(
    activities: Iterable[tuple[NodeType, Any]],
) -> dict[NodeType, CompanionData]:
    """Return the data of companions, by the type of their activities."""
    by_type: dict[NodeType, list[Any]] = {}
    for node_type, record in activities:
        by_type.setdefault(node_type, []).append(record)
    return {
        one: declared.data_of(records)
        for one, records in by_type.items()
        if (declared := one.companion) is not None
    }


def _add_written(
    data: dict[NodeType, CompanionData], entities: dict[NodeType, set[int]]
) -> bool:
    """Add the outputs of companions; return whether any of them is new."""
    before = sum(map(len, entities.values()))
    for node_type, one in data.items():
        for use in node_type.generates if one.written else ():
            entities[use.target] |= {each.entity for each in one.written}
    return sum(map(len, entities.values())) > before


def _relations_of(node_type: NodeType, record: Any) -> int:
    """Count the relations that an activity's lists make in a report."""
    outputs = sum(_length(use, record) for use in node_type.generates)
    inputs = sum(_length(use, record) for use in node_type.uses if use.is_list)
    return outputs * inputs + outputs + inputs


def _length(use: Use, record: Any) -> int:
    return len(getattr(record, use.name).all()) if use.is_list else 1


def _too_large(what: str, depth: int | None) -> InvalidInput:
    advice = "ask for fewer runs" if depth != 1 else "read the lineage instead"
    return InvalidInput({"depth": [f"The report would have {what}: {advice}."]})


def _in_order(
    node_type: NodeType,
    ids: tuple[int, ...],
    entities: dict[NodeType, set[int]],
) -> Iterable[Record]:
    """Fetch records in the order of their ids as given."""
    found = {record.pk: record for record in _rows(node_type, ids, entities)}
    return [found[pk] for pk in ids if pk in found]


def _rows(
    node_type: NodeType, ids: Collection[int], entities: dict[NodeType, set[int]]
) -> Iterable[Record]:
    """Fetch records with what reports tell of them; none where there are no ids."""
    document = node_type.document
    if document is not None and document.report_rows is not None:
        return document.report_rows(ids, entities.__getitem__)
    if not ids:
        return ()
    rows = node_type.model._default_manager.filter(pk__in=ids)
    return rows.select_related("registered_by")
