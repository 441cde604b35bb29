"""What the contract takes from the declaration of a record type.

So a new record type is tested from its factory alone. The types of the first contract
say it themselves, in the notation of that contract.
"""

from __future__ import annotations

import json
from typing import Any

from registry.api.base.shown_fields import (
    DerivedAddress,
    DerivedCondition,
    shown_fields,
)
from registry.core.documents import DocumentField
from registry.core.duplicates import unique_sets
from registry.core.permissions import Who
from registry.core.record_types import RecordType, record_type_of


def declared_contract(model: Any) -> dict[str, Any]:
    """Return the attributes of a contract test, by name."""
    declared: RecordType[Any] = record_type_of(model)
    shown = shown_fields(declared)
    own = {*declared.writable_fields, "url", "last_updated", "updated_by"}
    derived = [one.name for one in shown if isinstance(one, DerivedAddress)]
    return {
        "endpoint": declared.kind,
        "writable": ", ".join(_writable(declared)),
        "read_only": ", ".join(one.name for one in shown if one.name not in own),
        "unfiltered": tuple(name for name in derived if name != "url"),
        "unique": tuple(_unique(declared)),
        "changeable": declared.changed_by is Who.OWNERS,
        "removable": declared.deleted_by is not Who.NOBODY,
        "lists": int(any(map(_is_in_other_table, shown))),
        "posting": _queries_of_post(declared),
        "fewer_on_postgresql": sum(
            bool(one.many_to_many) for one in declared.writable_fields.values()
        ),
    }


def _writable(declared: RecordType[Any]) -> list[str]:
    return [
        _in_notation(field, required=name in declared.required_names)
        for name, field in declared.writable_fields.items()
    ]


def _in_notation(field: Any, *, required: bool) -> str:
    """Write a field in the notation of the contract."""
    if field.many_to_many:
        return f"{field.name}[]="
    if isinstance(field, DocumentField):
        empty = json.dumps(field.get_default())
        return field.name if required else f"{field.name}={empty}"
    if field.has_default() and not callable(field.default):
        return f"{field.name}={str(field.default).lower()}"
    return f"{field.name}?" if field.null and not required else str(field.name)


def _unique(declared: RecordType[Any]) -> list[str]:
    sets = [names for names, _ in unique_sets(declared.model)]
    return [", ".join(names) for names in sets if "uuid" not in names]


def _queries_of_post(declared: RecordType[Any]) -> int:
    """Count the queries of a POST, besides the one for the token.

    The transaction takes two, the row, its event and the answer one each; then one for
    the targets of all links, for each list of links, for limits on the targets, and
    for the rule that says who can register it.
    """
    fields = declared.writable_fields
    lists = [name for name, field in fields.items() if field.many_to_many]
    links = any(field.is_relation for field in fields.values())
    limits = declared.model.limits
    bounded = any(one.both_ways or one.field not in lists for one in limits)
    return 5 + links + len(lists) + bounded + (declared.rule is not None)


def _is_in_other_table(shown: Any) -> bool:
    """Return whether the statement for lists of related records reads a field."""
    if isinstance(shown, DerivedCondition):
        return True
    field = getattr(shown, "field", None)
    if field is None or not field.is_relation:
        return False
    return bool(field.many_to_many or not field.concrete)
