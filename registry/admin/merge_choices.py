"""What the merge page says of each record: what links to it, what becomes of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from registry.admin.related import change_address
from registry.core.errors import Conflict
from registry.core.lookups import IdIn
from registry.core.merging import require_keepable, values_to_fill
from registry.core.moving import links_to
from registry.core.record_types import is_private, merge_rule_of, record_type_of
from registry.core.spellings import groups_of, with_spellings
from registry.core.traits import MergeRule

if TYPE_CHECKING:
    from registry.core.models import Record


@dataclass(frozen=True)
class Choice:
    """One of the records, and what would happen if it were the one to keep."""

    record: Any
    values: list[str]
    links: str
    number_of_links: int
    #: What changes if it is kept, in sentences.
    outcome: list[str]
    #: Why it cannot be kept; empty if it can.
    refused: str
    is_proposed: bool = False

    @property
    def pk(self) -> int:
        """The id of the record."""
        return int(self.record.pk)

    @property
    def address(self) -> str:
        """The address of the page of the record."""
        return change_address(type(self.record), self.record.pk)


def choices_of(model: type[Record], ids: Sequence[int]) -> list[Choice]:
    """Return the records with these ids as choices, in a few statements.

    The one with the most links is proposed.
    """
    declared, rule = record_type_of(model), merge_rule_of(model)
    chosen = model._default_manager.filter(IdIn("pk", ids)).order_by("pk")
    records = list(chosen.select_related(*declared.linked_columns))
    if rule is None or not records:
        return []
    counts = {
        link.titles: link.counts(ids)
        for link in links_to(model)
        if not is_private(link.model)
    }
    outcomes = _outcomes(records, rule)
    choices = [
        Choice(
            record=one,
            values=[_shown(one, name) for name in declared.column_names],
            links=_links_of(one, counts),
            number_of_links=sum(some.get(one.pk, 0) for some in counts.values()),
            outcome=outcomes[one.pk],
            refused=_refusal_of(one),
        )
        for one in records
    ]
    return _with_proposal(choices)


def clashes_of(model: type[Record], ids: Collection[int]) -> list[str]:
    """Say which linking records would be the same, so that the merge is refused."""
    return [text for link in links_to(model) for text in link.clashes(ids)]


def _with_proposal(choices: list[Choice]) -> list[Choice]:
    possible = [one for one in choices if not one.refused]
    best = max(possible, key=lambda one: one.number_of_links, default=None)
    return [
        Choice(**{**one.__dict__, "is_proposed": True}) if one is best else one
        for one in choices
    ]


def _shown(record: Record, name: str) -> str:
    value = getattr(record, name)
    return "" if value is None else str(value)


def _links_of(record: Record, counts: Mapping[str, Mapping[int, int]]) -> str:
    """Say how many records of which kinds link to a record."""
    found = [
        f"{some[record.pk]:,} {titles}"
        for titles, some in counts.items()
        if some.get(record.pk)
    ]
    return ", ".join(found) or "nothing"


def _refusal_of(record: Record) -> str:
    try:
        require_keepable(record)
    except Conflict as refused:
        return refused.detail
    return ""


def _outcomes(records: Sequence[Record], rule: MergeRule) -> dict[int, list[str]]:
    """Say what changes if a record is kept, for each of them."""
    if rule.spelling is not None:
        return _spelling_outcomes(records, rule)
    return {
        kept.pk: _filled(kept, [one for one in records if one is not kept], rule)
        for kept in records
    }


def _filled(kept: Record, others: Sequence[Record], rule: MergeRule) -> list[str]:
    values = rule.complete(values_to_fill(kept, others, rule))
    return [
        f"Its {_label(kept, name)} becomes {value}." for name, value in values.items()
    ]


def _label(record: Record, name: str) -> str:
    field: Any = record._meta.get_field(name)
    return "UUID" if name == "uuid" else str(field.verbose_name)


def _spelling_outcomes(
    records: Sequence[Record], rule: MergeRule
) -> dict[int, list[str]]:
    ids = [one.pk for one in records]
    chosen = type(records[0])._default_manager.filter(IdIn("pk", ids))
    present = [
        one for one in with_spellings(chosen, records, rule) if one.pk not in ids
    ]
    outcomes = {}
    for kept in records:
        said = []
        for group in groups_of(kept, records, present, rule):
            stays = f"{group.survivor._meta.verbose_name} {group.survivor.pk}"
            if group.is_renamed:
                said.append(f"{stays} gets this spelling.".capitalize())
            said += [
                f"{stays} replaces {one.pk} of the same record.".capitalize()
                for one in group.merged
            ]
            filled = values_to_fill(group.survivor, group.merged, rule)
            said += [
                f"The {_label(kept, name)} of {stays} becomes {value}."
                for name, value in filled.items()
            ]
        outcomes[kept.pk] = said
    return outcomes
