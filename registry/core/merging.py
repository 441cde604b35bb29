"""Merge duplicates of a record into one.

What linked to the duplicates links to the kept record afterwards. The duplicates are
removed; events keep what they were, and their addresses lead to the kept record.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from registry.core.errors import Conflict, InvalidInput, NotFound
from registry.core.events import record_events
from registry.core.field_references import name_of
from registry.core.list_events import Move
from registry.core.lookups import IdIn
from registry.core.merged import kept_ids, remember_merged
from registry.core.models import Record
from registry.core.moving import links_to
from registry.core.records import change_record
from registry.core.snapshots import RECORD, whole_record
from registry.core.traits import MergeRule
from registry.core.transactions import atomic
from registry.core.verbs import MERGED

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

    from registry.core.records import Values

R = TypeVar("R", bound=Record)


@atomic
def merge_into(
    model: type[R],
    keep: int,
    others: Collection[int],
    *,
    rule: MergeRule,
    by: AbstractBaseUser,
) -> R:
    """Merge records into the one to keep, all or none; return that one.

    Raises ``NotFound`` or ``Conflict`` if one of them is gone by now, ``Conflict`` if
    the kept record is withdrawn or if linking records would become the same, and
    ``InvalidInput`` if more records would link to it than can.
    """
    others = sorted({*others} - {keep})
    if not others:
        raise InvalidInput({"others": ["Choose another record to merge."]})
    records = lock_records(model, [keep, *others])
    kept = records.pop(keep)
    merged = list(records.values())
    require_keepable(kept)
    snapshots = {one.pk: whole_record(one) for one in merged}
    for link in links_to(model):
        link.move(Move(keep, others, by))
    model._default_manager.filter(IdIn("pk", others)).delete()
    remember_merged(model, others, keep=keep)
    _complete(kept, rule.complete(values_to_fill(kept, merged, rule)), by=by)
    _record(kept, merged, snapshots, by=by)
    return kept


def lock_records(model: type[R], ids: Collection[int]) -> dict[int, R]:
    """Return records by id, locked in the order of their ids."""
    rows = model._default_manager.filter(IdIn("pk", ids)).order_by("pk")
    locked: Iterable[Any] = rows.select_for_update()
    found: dict[int, R] = {one.pk: one for one in locked}
    missing = [pk for pk in ids if pk not in found]
    if missing:
        raise _describe_missing(model, missing)
    return found


def _describe_missing(
    model: type[Record], missing: Sequence[int]
) -> Conflict | NotFound:
    name, pk = model._meta.verbose_name, missing[0]
    moved = kept_ids(model, missing)
    if pk in moved:
        return Conflict(f"{name} {pk} has been merged into {name} {moved[pk]} by now.")
    return NotFound(f"{name} {pk} does not exist.")


def require_keepable(record: Record) -> None:
    """Raise ``Conflict`` if others cannot be merged into a record."""
    if record.withdrawn is not None:
        raise Conflict(
            f"{record._meta.verbose_name} {record.pk} is withdrawn: keep another one, "
            "or put it back first."
        )


def values_to_fill(
    kept: Record, merged: Sequence[Record], rule: MergeRule
) -> dict[str, Any]:
    """Return the values that empty fields of the kept record take from the others.

    The first record, in the order of ids, that has a value gives it.
    """
    names = [name for name in map(name_of, rule.fills) if not getattr(kept, name)]
    in_order = sorted(merged, key=lambda one: one.pk)
    given = {
        name: next((getattr(one, name) for one in in_order if getattr(one, name)), None)
        for name in names
    }
    return {name: value for name, value in given.items() if value}


def _complete(kept: Record, values: Values, *, by: AbstractBaseUser) -> None:
    """Store what empty fields take, and who changed the record."""
    if values:
        change_record(kept, values, by=by)
        return
    kept.updated_by_id = by.pk
    kept.save(update_fields=["updated_by", "last_updated"])


def _record(
    kept: Record,
    merged: Sequence[Record],
    snapshots: dict[int, dict[str, Any]],
    *,
    by: AbstractBaseUser,
) -> None:
    """Write the events of the kept record and of those that are gone."""
    kind, title = kept.kind, kept._meta.verbose_name
    for one in merged:
        detail = {RECORD: snapshots[one.pk], "into": kept.pk}
        into = f"into {title} {kept.pk}: {kept}"
        record_events(kind, [one.pk], MERGED, by=by, subject=into, detail=detail)
    names = ", ".join(f"{title} {one.pk}: {one}" for one in merged)
    fields = {field.name for field in kept._meta.concrete_fields}
    values = [
        {name: value for name, value in snapshots[one.pk].items() if name in fields}
        for one in merged
    ]
    detail = {"merged": values}
    record_events(kind, [kept.pk], MERGED, by=by, subject=names, detail=detail)
