"""Search for records by a part of their name, title or description, in any case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from registry.core.field_references import name_of
from registry.core.record_types import record_types_by_rank

if TYPE_CHECKING:
    from collections.abc import Sequence

    from registry.core.models import Record
    from registry.core.record_types import RecordType


@dataclass(frozen=True)
class TypeMatches:
    """The newest records of one type that match, and whether there are more."""

    record_type: RecordType[Any]
    records: Sequence[Record]
    more: bool


def search_names(text: str, *, limit: int = 10) -> list[TypeMatches]:
    """Return the records whose names contain every word of a text.

    There are at most ``limit`` records of each type, the newest first. Withdrawn
    records, and types without a match, are left out.
    """
    words = text.split()
    if not words:
        return []
    found = [
        _search_type(record_type, words, limit)
        for record_type in record_types_by_rank()
        if record_type.search_texts
    ]
    return [one for one in found if one.records]


def contains_every_word(words: Sequence[str], fields: Sequence[str]) -> Q:
    """Return the condition that each word is in one of the fields, in any case."""
    condition = Q()
    for word in words:
        any_field = Q()
        for field in fields:
            any_field |= Q(**{f"{field}__in_any_case": word})
        condition &= any_field
    return condition


def _search_type(
    record_type: RecordType[Any], words: Sequence[str], limit: int
) -> TypeMatches:
    fields = list(map(name_of, record_type.search_texts))
    matches = contains_every_word(words, fields)
    present = record_type.model.objects.not_withdrawn()
    found = present.filter(matches).order_by("-id")
    context = record_type.context
    # with None, Django follows no link; without arguments it would follow every one
    link = name_of(context.link) if context else None
    rows = list(found.select_related(link)[: limit + 1])
    return TypeMatches(record_type, rows[:limit], len(rows) > limit)
