"""Activities and entities of other registered types: found by UUID, or registered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from registry.core.graph.mapping import Datatype

if TYPE_CHECKING:
    from registry.core.graph import NodeType
    from registry.core.graph.described import Described
    from registry.core.graph.ledger import Ledger
    from registry.core.models import Record


def register_others(
    others: Iterable[Described], entities: Mapping[str, Record], ledger: Ledger
) -> dict[str, Record]:
    """Find or register what a document says of other types; return it by key.

    ``entities`` are what foreign keys can lead to, by key. What is on record is used
    as it is.
    """
    by_type: dict[NodeType, list[Described]] = {}
    for one in others:
        by_type.setdefault(one.node_type, []).append(one)
    found: dict[str, Record] = {}
    for node_type, described in by_type.items():
        found |= _register_type(node_type, described, {**entities, **found}, ledger)
    return found


def _register_type(
    node_type: NodeType,
    described: list[Described],
    entities: Mapping[str, Record],
    ledger: Ledger,
) -> dict[str, Record]:
    """Find or register the records of one type."""
    known = _find_known(node_type, described)
    new = [one for one in described if one.key not in known]
    uuid_field = _uuid_field(node_type)
    rows = [
        (
            one.where,
            {
                **one.values,
                **({uuid_field: one.uuid} if uuid_field else {}),
                **{name: entities[key] for name, key in one.links.items()},
            },
        )
        for one in new
    ]
    registered = ledger.register(node_type.model, rows)
    return known | {
        one.key: record for one, record in zip(new, registered, strict=True)
    }


def _find_known(node_type: NodeType, described: list[Described]) -> dict[str, Record]:
    """Return what is on record, by key: what is referred to, or has the same UUID."""
    known = {one.key: one.record for one in described if one.record is not None}
    uuid_field = _uuid_field(node_type)
    if uuid_field:
        rows: Any = node_type.model._default_manager.filter(
            **{f"{uuid_field}__in": {one.uuid for one in described}}
        )
        by_uuid = {getattr(record, uuid_field): record for record in rows}
        for one in described:
            if one.uuid in by_uuid:
                known.setdefault(one.key, by_uuid[one.uuid])
    return known


def _uuid_field(node_type: NodeType) -> str:
    """Return the field that has the UUID of a record, "" where there is none."""
    fields = node_type.document.fields if node_type.document else ()
    return next((one.name for one in fields if one.datatype is Datatype.UUID), "")
