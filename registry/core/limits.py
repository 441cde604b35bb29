"""Limit how many records can link to one record.

Labels of an object are read and shown together with it. Without a limit, one object
could make every list that contains it slow for everybody.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection

from registry.core.errors import InvalidInput
from registry.core.lookups import IdIn
from registry.core.related import count_related

if TYPE_CHECKING:
    from registry.core.models import Record

#: The number of similar requests that can run at the same time without seeing each
#: other's rows. If there is no room for all of them, the target is locked before its
#: links are counted.
CONCURRENT_REQUESTS = 64

#: The targets of a field's new links, each with the numbers of the linking rows.
Targets = dict[int, list[int]]


@dataclass(frozen=True)
class Limit:
    """A limit of ``settings.<setting>`` links in ``field``.

    For a foreign key, it limits how many records link to the same record. For a list of
    links, it limits the length of the list and, with ``both_ways``, the number of lists
    that contain the same record.
    """

    field: str
    setting: str
    both_ways: bool = False

    @property
    def most(self) -> int:
        """The configured number."""
        number: int = getattr(settings, self.setting)
        return number


def long_list_error(
    limits: Iterable[Limit], lists: Mapping[str, tuple[int, int]]
) -> InvalidInput | None:
    """Return the error for lists that became longer than allowed, if there are any.

    ``lists`` maps each name to the old and the new length. A list that was too long
    before can keep its length.
    """
    errors = {
        limit.field: [f"At most {limit.most} links ({_setting_name(limit)})."]
        for limit in limits
        for before, after in [lists.get(limit.field, (0, 0))]
        if after > max(limit.most, before)
    }
    return InvalidInput(errors) if errors else None


def target_errors(
    model: type[Record], limits: Collection[Limit], links: Mapping[str, Targets]
) -> dict[int, InvalidInput]:
    """Return the errors of rows that link to a target with too many links, by number.

    The rows are already stored. Simultaneous requests do not see each other's rows. So
    if little room is left, the targets are locked until the end of the transaction and
    their links are counted again.
    """
    new = {limit: links.get(limit.field, {}) for limit in limits}
    wanted = {limit: targets for limit, targets in new.items() if targets}
    if not wanted:
        return {}
    counts = _count_links(model, wanted)
    nearly_full = {
        limit: {
            pk: rows
            for pk, rows in targets.items()
            if _is_nearly_full(limit, pk, rows, counts)
        }
        for limit, targets in wanted.items()
    }
    nearly_full = {limit: targets for limit, targets in nearly_full.items() if targets}
    if not nearly_full:
        return {}
    if connection.features.has_select_for_update:
        for limit, targets in nearly_full.items():
            _lock_targets(model, limit, targets)
        counts = _count_links(model, nearly_full)
    return {
        row: _too_many_error(model, limit, pk)
        for limit, targets in nearly_full.items()
        for pk, rows in targets.items()
        if counts[limit.field, pk] > limit.most
        for row in rows
    }


def _is_nearly_full(
    limit: Limit, pk: int, rows: Sequence[int], counts: Mapping[Any, int]
) -> bool:
    return counts[limit.field, pk] + CONCURRENT_REQUESTS * len(rows) > limit.most


def _count_links(
    model: type[Record], wanted: Mapping[Limit, Targets]
) -> dict[tuple[str, int], int]:
    """Return the number of links to each target, in one statement.

    Counting stops at one more than allowed.
    """
    found = count_related(
        [
            (*_link_columns(model, limit.field), limit.most + 1, targets)
            for limit, targets in wanted.items()
        ]
    )
    fields = [limit.field for limit in wanted]
    return {(fields[number], pk): count for number, pk, count in found}


def _link_columns(model: type[Record], name: str) -> tuple[str, str, str]:
    """Return the table of the links, its column for targets and its other column."""
    field: Any = model._meta.get_field(name)
    if not field.many_to_many:
        return model._meta.db_table, field.column, "id"
    if field.concrete:
        return field.m2m_db_table(), field.m2m_reverse_name(), field.m2m_column_name()
    field = field.field
    return field.m2m_db_table(), field.m2m_column_name(), field.m2m_reverse_name()


def _lock_targets(model: type[Record], limit: Limit, targets: Targets) -> None:
    """Lock the targets in the order of their ids.

    Other transactions can still insert links to them.
    """
    target: Any = model._meta.get_field(limit.field).related_model
    rows = target._default_manager.filter(IdIn("pk", targets)).order_by("pk")
    list(rows.select_for_update(no_key=True).values_list("pk"))


def _too_many_error(model: type[Record], limit: Limit, pk: int) -> InvalidInput:
    target: Any = model._meta.get_field(limit.field).related_model
    name = str(target._meta.verbose_name).capitalize()
    message = (
        f"{name} {pk} can have at most {limit.most} "
        f"{model._meta.verbose_name_plural} ({_setting_name(limit)})."
    )
    return InvalidInput({limit.field: [message]})


def _setting_name(limit: Limit) -> str:
    return f"REGISTRY_{limit.setting}"
