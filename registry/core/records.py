"""Storing and changing records of any kind: all or nothing, with their events.

Domains build their services on these functions; nothing else writes records.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, cast

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction

from registry.core.duplicates import find_duplicate, find_duplicates
from registry.core.errors import BulkError, InvalidInput, NotFound, RegistryError, Stale
from registry.core.events import record_created, record_events
from registry.core.limits import Limit, Targets, long_lists, too_many
from registry.core.models import Record
from registry.core.planner_statistics import added_rows
from registry.core.transactions import atomic, run_atomically
from registry.core.verbs import DELETED, UPDATED

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

R = TypeVar("R", bound=Record)

#: Field values by name. A link is the id of its target or the target itself.
Values = Mapping[str, Any]
#: What an update changed: field name to its old and its new value.
Changes = dict[str, tuple[Any, Any]]


def create_records(
    model: type[R],
    rows: Sequence[Values],
    *,
    by: AbstractBaseUser,
    validated: bool = False,
    parts: Callable[[Sequence[R]], Sequence[Record]] | None = None,
) -> list[R]:
    """Store one record a row, all of them or none, in a constant number of statements.

    ``parts`` makes the records that come into being with new ones, whose ids it sees.
    ``validated`` says that the fields were validated one by one already, as serializers
    do. One row that is refused raises its own error; of many, ``BulkError`` with the
    errors by row number.
    """
    if not rows:
        return []
    to_many = to_many_fields(model)
    instances = [_instance(model, row, to_many, by) for row in rows]
    _refuse_invalid(instances, rows, validated=validated)
    links = {name: [row.get(name) or () for row in rows] for name in to_many}
    try:
        run_atomically(lambda: _store_new(instances, rows, links, parts, by=by))
    except IntegrityError:
        duplicates = find_duplicates(instances)
        if duplicates:
            _refuse(duplicates, len(rows))
        raise
    return instances


@atomic
def change_record(
    record: R,
    values: Values,
    *,
    by: AbstractBaseUser,
    validated: bool = False,
) -> R:
    """Store new values in a record that ``lock_record`` returned.

    Values that are the same already change nothing, and leave no event.
    """
    changes: Changes = {}
    to_many = to_many_fields(type(record))
    lists = {name: list(_ids(values[name])) for name in values if name in to_many}
    for name, value in values.items():
        if name not in to_many:
            _assign(record, name, value, changes)
    for name, ids in lists.items():
        _note_list(record, name, ids, changes)
    if changes:
        _store(record, lists, changes, by=by, validated=validated)
    return record


def _store(
    record: Record,
    lists: Mapping[str, list[int]],
    changes: Changes,
    *,
    by: AbstractBaseUser,
    validated: bool,
) -> None:
    """Save what changed in a record, with its event."""
    error = _invalid(record, validated=validated)
    if error is not None:
        raise error
    _refuse_long_lists(record, lists, changes)
    record.updated_by_id = by.pk
    _save(record)
    for name in lists.keys() & changes.keys():
        getattr(record, name).set(lists[name])
    _refuse_more(record, changes)
    record_events(record.kind, [record.pk], UPDATED, by=by, changes=changes)


def lock_record(
    model: type[R], pk: int, *, unless_changed: Collection[str] | None = None
) -> R:
    """Fetch a record for changing it, and keep others from doing so meanwhile.

    ``unless_changed`` holds the revisions that the caller knows; raises ``Stale`` when
    the record has moved on, and ``NotFound`` when there is none.
    """
    rows = model._default_manager.select_for_update().filter(pk=pk)
    record = cast("R | None", rows.first())
    if record is None:
        raise NotFound(f"{model._meta.verbose_name} {pk} does not exist.")
    if unless_changed is not None and record.revision not in unless_changed:
        raise Stale(
            f"{model._meta.verbose_name} {pk} was changed since you read it; "
            "read it again."
        )
    return record


@atomic
def delete_record(record: Record, *, by: AbstractBaseUser) -> None:
    """Remove a record that ``lock_record`` returned; its events stay."""
    pk, kind = record.pk, record.kind
    record.delete()
    record_events(kind, [pk], DELETED, by=by)


def to_many_fields(model: type[Record]) -> list[str]:
    """Name the lists of links that can be written, from whichever of their sides."""
    return [field.name for field in model._meta.many_to_many] + [*model.reverse_lists]


def _instance(
    model: type[R], row: Values, to_many: Collection[str], by: AbstractBaseUser
) -> R:
    """Build a record that is not stored yet."""
    values: dict[str, Any] = {"registered_by_id": by.pk, "updated_by_id": by.pk}
    for name, value in row.items():
        if name not in to_many:
            field: Any = model._meta.get_field(name)
            values[field.attname] = _stored(field, value)
    return model(**values)


def _stored(field: Any, value: Any) -> Any:
    """Return what is stored of a value.

    Of a link that is its target's id; empty texts become null where they may.
    """
    if field.is_relation:
        return value.pk if isinstance(value, models.Model) else value
    return None if value == "" and field.null else value


def _store_new(
    instances: Sequence[R],
    rows: Sequence[Values],
    links: Mapping[str, Sequence[Iterable[Any]]],
    parts: Callable[[Sequence[R]], Sequence[Record]] | None,
    *,
    by: AbstractBaseUser,
) -> None:
    """Store new records with their lists of links, their parts and their events."""
    for instance in instances:
        # an earlier attempt, which the database gave up, may have given them ids
        instance.pk = None
        instance._state.adding = True
    stored: list[Sequence[Record]] = [_insert(instances)]
    added: Counter[type[models.Model]] = Counter()
    added[type(instances[0])] = len(instances)
    for name, lists in links.items():
        added += _link(instances, lists, name)
    _refuse_too_many(instances, rows)
    if parts is not None:
        stored.append(_insert(parts(instances)))
        added[type(stored[-1][0])] += len(stored[-1])
    added_rows.add(added)
    created = {one[0].kind: [record.pk for record in one] for one in stored}
    record_created(created, by=by)


def _insert(records: Sequence[Record]) -> Sequence[Record]:
    """Insert new records; return them with their ids."""
    type(records[0])._default_manager.bulk_create(records)
    return records


def _assign(record: Record, name: str, value: Any, changes: Changes) -> None:
    """Set one field and note the change."""
    field: Any = record._meta.get_field(name)
    value = _stored(field, value)
    old = getattr(record, field.attname)
    if old != value:
        setattr(record, field.attname, value)
        # What is derived, such as a sort key, is no news beside its source.
        if field.editable:
            changes[name] = (_plain(old), _plain(value))


def _plain(value: Any) -> Any:
    """Return a value as JSON can hold it."""
    if value is None or isinstance(value, bool | int | str):
        return value
    return str(value)


def _note_list(record: Record, name: str, ids: list[int], changes: Changes) -> None:
    """Note whether a list of links would change; its order does not count."""
    old = sorted(getattr(record, name).values_list("pk", flat=True))
    new = sorted(set(ids))
    if old != new:
        changes[name] = (old, new)


def _save(record: Record) -> None:
    """Save a changed record; what clashes with another becomes ``Duplicate``."""
    try:
        with transaction.atomic():
            record.save()
    except IntegrityError as error:
        duplicate = find_duplicate(record)
        if duplicate is None:
            raise
        raise duplicate from error


def _ids(links: Iterable[Any]) -> Iterable[int]:
    """Return the ids of links, which may be ids already."""
    return (link.pk if isinstance(link, models.Model) else link for link in links)


def _link(
    instances: Sequence[Record], lists: Sequence[Iterable[Any]], name: str
) -> Counter[type[models.Model]]:
    """Store one list of links of all new records in one statement; count them."""
    descriptor: Any = getattr(type(instances[0]), name)
    through = descriptor.through
    source, target = _through_columns(type(instances[0]), name)
    links = [
        through(**{source: instance.pk, target: pk})
        for instance, targets in zip(instances, lists, strict=True)
        for pk in dict.fromkeys(_ids(targets))
    ]
    through._default_manager.bulk_create(links)
    return Counter({through: len(links)})


def _through_columns(model: type[models.Model], name: str) -> tuple[str, str]:
    """Name the columns of a link table: this record's and its target's."""
    descriptor: Any = getattr(model, name)
    field = descriptor.field
    source = field.m2m_field_name() + "_id"
    target = field.m2m_reverse_field_name() + "_id"
    return (target, source) if descriptor.reverse else (source, target)


def _refuse_invalid(
    instances: Sequence[Record], rows: Sequence[Values], *, validated: bool
) -> None:
    """Raise what is wrong with the values of new records, if anything is."""
    lists = _limits_of_lists(type(instances[0]))
    errors = {
        index: error
        for index, (instance, row) in enumerate(zip(instances, rows, strict=True))
        if (
            error := _invalid(instance, validated=validated)
            or long_lists(lists, {one.field: (0, _length(row, one)) for one in lists})
        )
        is not None
    }
    if errors:
        _refuse(errors, len(instances))


def _limits_of_lists(model: type[Record]) -> list[Limit]:
    to_many = to_many_fields(model)
    return [limit for limit in model.limits if limit.field in to_many]


def _length(row: Values, limit: Limit) -> int:
    return len(row.get(limit.field) or ())


def _refuse_too_many(instances: Sequence[Record], rows: Sequence[Values]) -> None:
    """Raise which of the rows that were stored link to what has too many links."""
    model, lists = type(instances[0]), to_many_fields(type(instances[0]))
    links: dict[str, Targets] = {}
    for limit in _limits_of_targets(model):
        targets = links.setdefault(limit.field, {})
        for index, (instance, row) in enumerate(zip(instances, rows, strict=True)):
            if limit.field in lists:
                pks = list(_ids(row.get(limit.field) or ()))
            else:
                pks = [getattr(instance, f"{limit.field}_id")]
            for pk in dict.fromkeys(pks):
                targets.setdefault(pk, []).append(index)
    errors = too_many(model, _limits_of_targets(model), links)
    if errors:
        _refuse(errors, len(rows))


def _limits_of_targets(model: type[Record]) -> list[Limit]:
    """Return the limits on what is linked to."""
    lists = to_many_fields(model)
    return [one for one in model.limits if one.both_ways or one.field not in lists]


def _refuse_long_lists(
    record: Record, lists: Mapping[str, list[int]], changes: Changes
) -> None:
    lengths = {
        name: (len(changes[name][0]), len(changes[name][1]))
        for name in lists.keys() & changes.keys()
    }
    error = long_lists(record.limits, lengths)
    if error is not None:
        raise error


def _refuse_more(record: Record, changes: Changes) -> None:
    """Raise when a changed record links to what has too many links by that."""
    links = {}
    for limit in _limits_of_targets(type(record)):
        old, new = changes.get(limit.field, ((), ()))
        if not isinstance(new, list):
            old, new = [old], [new] if limit.field in changes else []
        links[limit.field] = {pk: [0] for pk in new if pk not in old}
    errors = too_many(type(record), _limits_of_targets(type(record)), links)
    if errors:
        raise errors[0]


def _invalid(record: Record, *, validated: bool) -> InvalidInput | None:
    """Return the error of a record's values, None where they are valid."""
    try:
        if not validated:
            record.clean_fields(exclude=_links(record))
        record.clean()
    except ValidationError as error:
        return InvalidInput(error.message_dict)
    return None


def _links(record: Record) -> set[str]:
    """Name the links, which foreign keys check, not a query each."""
    return {field.name for field in record._meta.fields if field.is_relation}


def _refuse(errors: Mapping[int, RegistryError], total: int) -> NoReturn:
    """Raise the one error of a single row, or all errors of many."""
    if total == 1:
        raise errors[0]
    raise BulkError(errors, total)
