"""How many records may link to one record.

What people say about an object is shown with it and read with it: without a limit, one
object could make every list that it is in slow for everybody.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection

from registry.core.errors import InvalidInput
from registry.core.lookups import IdIn
from registry.core.related import count_of

if TYPE_CHECKING:
    from registry.core.models import Record

#: Requests like the one at hand that may be at work unseen at the same time. Where they
#: would not all fit, the target is locked before its links are counted.
UNSEEN = 64

#: The targets of a field's new links, each with the numbers of the rows that name it.
Targets = dict[int, list[int]]


@dataclass(frozen=True)
class Limit:
    """At most ``settings.<setting>`` links of ``field``.

    Of a link to one record: records that link to the same one. Of a list of links: its
    length, and with ``both_ways`` also the number of lists that have the same record.
    """

    field: str
    setting: str
    both_ways: bool = False

    @property
    def most(self) -> int:
        """The number, as it is configured."""
        number: int = getattr(settings, self.setting)
        return number


def long_lists(
    limits: Iterable[Limit], lists: Mapping[str, tuple[int, int]]
) -> InvalidInput | None:
    """Refuse lists that are longer than allowed, unless they were longer before.

    ``lists`` has the old and the new length of each.
    """
    errors = {
        limit.field: [f"At most {limit.most} links ({_name(limit)})."]
        for limit in limits
        for before, after in [lists.get(limit.field, (0, 0))]
        if after > max(limit.most, before)
    }
    return InvalidInput(errors) if errors else None


def too_many(
    model: type[Record], limits: Collection[Limit], links: Mapping[str, Targets]
) -> dict[int, InvalidInput]:
    """Return the errors of rows whose new links, stored by now, are too many.

    The errors are by row number. Two requests at the same time do not see each other's
    rows; so when there is not much room left, the targets stay locked until the end of
    the transaction, and are counted again.
    """
    new = {limit: links.get(limit.field, {}) for limit in limits}
    wanted = {limit: targets for limit, targets in new.items() if targets}
    if not wanted:
        return {}
    counts = _counts(model, wanted)
    tight = {
        limit: {
            pk: rows
            for pk, rows in targets.items()
            if _is_tight(limit, pk, rows, counts)
        }
        for limit, targets in wanted.items()
    }
    tight = {limit: targets for limit, targets in tight.items() if targets}
    if not tight:
        return {}
    if connection.features.has_select_for_update:
        for limit, targets in tight.items():
            _lock(model, limit, targets)
        counts = _counts(model, tight)
    return {
        row: _error(model, limit, pk)
        for limit, targets in tight.items()
        for pk, rows in targets.items()
        if counts[limit.field, pk] > limit.most
        for row in rows
    }


def _is_tight(
    limit: Limit, pk: int, rows: Sequence[int], counts: Mapping[Any, int]
) -> bool:
    return counts[limit.field, pk] + UNSEEN * len(rows) > limit.most


def _counts(
    model: type[Record], wanted: Mapping[Limit, Targets]
) -> dict[tuple[str, int], int]:
    """Count the links to each target, one further than allowed, in one statement."""
    found = count_of(
        [
            (*_columns(model, limit.field), limit.most + 1, targets)
            for limit, targets in wanted.items()
        ]
    )
    fields = [limit.field for limit in wanted]
    return {(fields[number], pk): count for number, pk, count in found}


def _columns(model: type[Record], name: str) -> tuple[str, str, str]:
    """Name the table of the links, its column for the targets, and the other one."""
    field: Any = model._meta.get_field(name)
    if not field.many_to_many:
        return model._meta.db_table, field.column, "id"
    if field.concrete:
        return field.m2m_db_table(), field.m2m_reverse_name(), field.m2m_column_name()
    there = field.field
    return there.m2m_db_table(), there.m2m_column_name(), there.m2m_reverse_name()


def _lock(model: type[Record], limit: Limit, targets: Targets) -> None:
    """Lock the targets in the order of their ids; links to them do not wait for it."""
    target: Any = model._meta.get_field(limit.field).related_model
    rows = target._default_manager.filter(IdIn("pk", targets)).order_by("pk")
    list(rows.select_for_update(no_key=True).values_list("pk"))


def _error(model: type[Record], limit: Limit, pk: int) -> InvalidInput:
    target: Any = model._meta.get_field(limit.field).related_model
    name = str(target._meta.verbose_name).capitalize()
    message = (
        f"{name} {pk} can have at most {limit.most} "
        f"{model._meta.verbose_name_plural} ({_name(limit)})."
    )
    return InvalidInput({limit.field: [message]})


def _name(limit: Limit) -> str:
    return f"REGISTRY_{limit.setting}"
