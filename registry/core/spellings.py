"""Give labels of several records one spelling, such as keywords of objects.

Keywords of other objects keep their addresses and get the spelling. Of one object,
those that are the same then are merged.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from registry.core.field_references import name_of
from registry.core.lookups import IdIn
from registry.core.merging import lock_records, merge_into, require_keepable
from registry.core.models import Record
from registry.core.record_types import record_type_of
from registry.core.records import change_record
from registry.core.traits import MergeRule
from registry.core.transactions import atomic

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

R = TypeVar("R", bound=Record)


@dataclass(frozen=True)
class Group:
    """Labels of the same record: one stays, the others are merged into it."""

    survivor: Any
    merged: tuple[Any, ...]
    is_renamed: bool


@atomic
def merge_spellings(
    model: type[R],
    keep: int,
    others: Collection[int],
    *,
    rule: MergeRule,
    by: AbstractBaseUser,
) -> R:
    """Give the others the spelling of the kept record; raises what ``merge_into`` does.

    A record that is there already with this spelling stays, even if it is not one of
    the chosen ones.
    """
    first = lock_records(model, [keep])[keep]
    chosen = model._default_manager.filter(IdIn("pk", [keep, *others]))
    same = with_spellings(chosen, [first], rule)
    ids = sorted({keep, *others, *(one.pk for one in same)})
    records = lock_records(model, ids)
    kept = records[keep]
    require_keepable(kept)
    present = [one for one in records.values() if one.pk not in {keep, *others}]
    listed = [one for one in records.values() if one.pk in {keep, *others}]
    for group in groups_of(kept, listed, present, rule):
        _settle(group, kept, rule, by=by)
    records[keep].refresh_from_db()
    return records[keep]


def _settle(
    group: Group, kept: Record, rule: MergeRule, *, by: AbstractBaseUser
) -> None:
    survivor = group.survivor
    if group.merged:
        others = [one.pk for one in group.merged]
        survivor = merge_into(type(kept), survivor.pk, others, rule=rule, by=by)
    if group.is_renamed:
        name = spelling_name(rule)
        change_record(survivor, {name: getattr(kept, name)}, by=by)


def groups_of(
    kept: Record, chosen: Iterable[Record], present: Iterable[Record], rule: MergeRule
) -> list[Group]:
    """Return what becomes of the chosen labels, by the record that they describe.

    ``present`` are other records that have the spelling already.
    """
    spelling, about = spelling_name(rule), about_attname(type(kept))
    wanted = getattr(kept, spelling)
    by_target: dict[int, list[Record]] = defaultdict(list)
    for one in chosen:
        by_target[getattr(one, about)].append(one)
    for one in present:
        if getattr(one, about) in by_target and getattr(one, spelling) == wanted:
            by_target[getattr(one, about)].append(one)
    groups = []
    for records in by_target.values():
        records.sort(
            key=lambda one: (
                one.pk != kept.pk,
                getattr(one, spelling) != wanted,
                one.withdrawn is not None,
                one.pk,
            )
        )
        survivor, *merged = {one.pk: one for one in records}.values()
        is_renamed = getattr(survivor, spelling) != wanted
        groups.append(Group(survivor, tuple(merged), is_renamed))
    return groups


def with_spellings(chosen: Any, kept: Iterable[Record], rule: MergeRule) -> list[Any]:
    """Return the labels of the same records with one of these spellings.

    ``chosen`` is the queryset of the records to merge.
    """
    name, about = spelling_name(rule), about_attname(chosen.model)
    spellings = {getattr(one, name) for one in kept}
    rows = chosen.model._default_manager.filter(**{f"{name}__in": spellings})
    targets = chosen.order_by().values(about)
    return list(rows.filter(**{f"{about}__in": targets}).order_by("pk"))


def spelling_name(rule: MergeRule) -> str:
    """Return the name of the field that has the spelling."""
    if rule.spelling is None:
        raise LookupError("These records are merged into one.")
    return name_of(rule.spelling)


def about_attname(model: type[Record]) -> str:
    """Return the name of the attribute with the id of the record that a label has."""
    [about, *_] = record_type_of(model).describes
    field: Any = model._meta.get_field(name_of(about))
    return str(field.attname)
