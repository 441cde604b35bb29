"""The lists of links of records: store them, and check how long they get."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.db import models

from registry.core.limits import Limit, Targets, long_list_error, target_errors
from registry.core.snapshots import to_many_fields

if TYPE_CHECKING:
    from registry.core.errors import RegistryError
    from registry.core.models import Record

    Values = Mapping[str, Any]
    Changes = Mapping[str, tuple[Any, Any]]


def ids_of(links: Iterable[Any]) -> Iterable[int]:
    """Return the ids of links, each of which is a record or an id."""
    return (link.pk if isinstance(link, models.Model) else link for link in links)


def row_error(model: type[Record], row: Values) -> RegistryError | None:
    """Return the error of a new record with a list that is too long."""
    to_many = to_many_fields(model)
    lists = [limit for limit in model.limits if limit.field in to_many]
    lengths = {one.field: (0, len(row.get(one.field) or ())) for one in lists}
    return long_list_error(lists, lengths)


def errors_of_targets(
    instances: Sequence[Record], rows: Sequence[Values]
) -> Mapping[int, RegistryError]:
    """Return the errors of stored rows that link to a target with too many links."""
    model, lists = type(instances[0]), to_many_fields(type(instances[0]))
    limits = _target_limits(model)
    if not limits:
        return {}
    links: dict[str, Targets] = {}
    for limit in limits:
        targets = links.setdefault(limit.field, {})
        for index, (instance, row) in enumerate(zip(instances, rows, strict=True)):
            if limit.field in lists:
                pks = list(ids_of(row.get(limit.field) or ()))
            else:
                pks = [getattr(instance, f"{limit.field}_id")]
            for pk in dict.fromkeys(pks):
                targets.setdefault(pk, []).append(index)
    return target_errors(model, limits, links)


def check_list_lengths(
    record: Record, lists: Mapping[str, list[int]], changes: Changes
) -> None:
    """Raise an error if a change makes a list too long."""
    lengths = {
        name: (len(changes[name][0]), len(changes[name][1]))
        for name in lists.keys() & changes.keys()
    }
    error = long_list_error(record.limits, lengths)
    if error is not None:
        raise error


def check_new_links(record: Record, changes: Changes) -> None:
    """Raise an error if a change gives a target too many links."""
    links = {}
    for limit in _target_limits(type(record)):
        old, new = changes.get(limit.field, ((), ()))
        if not isinstance(new, list):
            old, new = [old], [new] if limit.field in changes else []
        links[limit.field] = {pk: [0] for pk in new if pk not in old}
    errors = target_errors(type(record), _target_limits(type(record)), links)
    if errors:
        raise errors[0]


def _target_limits(model: type[Record]) -> list[Limit]:
    """Return the limits on the targets of links."""
    lists = to_many_fields(model)
    return [one for one in model.limits if one.both_ways or one.field not in lists]
