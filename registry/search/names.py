"""Search for records by a part of their name, title or description, in any case.

What names a record exactly, such as a checksum, is found by ``registry.search.pasted``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from registry.catalogue.models import Licence
from registry.core.field_references import name_of
from registry.core.record_types import record_type_of, record_types_by_rank
from registry.search.licences import find_licences, words_for
from registry.search.pasted import find_pasted, readings_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.db.models import QuerySet

    from registry.core.models import Record
    from registry.core.record_types import RecordType


@dataclass(frozen=True)
class TypeMatches:
    """Some records of one type that match, and whether there are more."""

    record_type: RecordType[Any]
    records: Sequence[Record]
    more: bool


def search_records(text: str, *, user: Any, limit: int = 10) -> list[TypeMatches]:
    """Return the records that a text names exactly; else those with its words.

    There are at most ``limit`` records of each type. Withdrawn records, and types
    without a match, are left out.
    """
    readings = readings_of(text)
    for one in readings:
        if exact := _merge(find_pasted(one, user), user, limit):
            return exact
    for one in readings:
        if found := _search_words(one, user, limit):
            return found
    return []


def _search_words(text: str, user: Any, limit: int) -> list[TypeMatches]:
    """Return the records with the words of a text, licences also by other names."""
    named_so = search_names(text, user=user, limit=limit)
    found = {one.record_type: one for one in named_so}
    for named in _merge(_licences_named(text), user, limit):
        known = found.get(named.record_type)
        found[named.record_type] = _joined(named, known, limit) if known else named
    return sorted(found.values(), key=lambda one: one.record_type.rank)


def _licences_named(text: str) -> list[QuerySet[Any]]:
    """Return the licences that a text names, and those with other words for it."""
    words = words_for(text)
    if not words or words == text.split():
        return find_licences(text)
    fields = list(map(name_of, record_type_of(Licence).search_texts))
    similar = Licence.objects.filter(contains_every_word(words, fields))
    return [*find_licences(text), similar]


def _joined(first: TypeMatches, then: TypeMatches, limit: int) -> TypeMatches:
    """Return the matches of a type in two searches, each once."""
    records = list({one.pk: one for one in (*first.records, *then.records)}.values())
    more = first.more or then.more or len(records) > limit
    return TypeMatches(first.record_type, records[:limit], more)


def search_names(text: str, *, user: Any, limit: int = 10) -> list[TypeMatches]:
    """Return the records whose names contain every word of a text.

    There are at most ``limit`` records of each type, the newest first. Withdrawn
    records, and types without a match, are left out.
    """
    words = text.split()
    if not words:
        return []
    found = [
        _search_type(record_type, words, user, limit)
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
    record_type: RecordType[Any], words: Sequence[str], user: Any, limit: int
) -> TypeMatches:
    fields = list(map(name_of, record_type.search_texts))
    matches = contains_every_word(words, fields)
    found = record_type.model.objects.filter(matches).order_by("-id")
    return _type_matches(record_type, _first(found, user, limit), limit)


def _merge(
    querysets: Iterable[QuerySet[Any]], user: Any, limit: int
) -> list[TypeMatches]:
    """Return the matches by type, those of the first queryset of a type first."""
    found: dict[type[Record], dict[int, Record]] = {}
    for rows in querysets:
        ordered = rows if rows.query.order_by else rows.order_by("-id")
        records = found.setdefault(rows.model, {})
        records.update({one.pk: one for one in _first(ordered, user, limit)})
    return [
        _type_matches(record_type_of(model), list(records.values()), limit)
        for model, records in found.items()
        if records
    ]


def _type_matches(
    record_type: RecordType[Any], records: Sequence[Record], limit: int
) -> TypeMatches:
    return TypeMatches(record_type, records[:limit], len(records) > limit)


def _first(rows: QuerySet[Any], user: Any, limit: int) -> list[Any]:
    """Return the first records that a user can see, one more than ``limit``."""
    record_type = record_type_of(rows.model)
    context = record_type.context
    # with None, Django follows no link; without arguments it would follow every one
    link = name_of(context.link) if context else None
    present = record_type.visible(rows.filter(withdrawn__isnull=True), user)
    return list(present.select_related(link)[: limit + 1])
