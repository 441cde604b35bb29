"""Create, change and delete records of any type: all or nothing, with their events.

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
from registry.core.limits import Limit, Targets, long_list_error, target_errors
from registry.core.models import Record
from registry.core.planner_statistics import added_rows
from registry.core.transactions import atomic, run_atomically
from registry.core.verbs import DELETED, UPDATED

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

R = TypeVar("R", bound=Record)

#: Field values by name. A link is the target or its id.
Values = Mapping[str, Any]
#: The changed fields by name, each with its old and its new value.
Changes = dict[str, tuple[Any, Any]]


def create_records(
    model: type[R],
    rows: Sequence[Values],
    *,
    by: AbstractBaseUser,
    validated: bool = False,
    parts: Callable[[Sequence[R]], Sequence[Record]] | None = None,
) -> list[R]:
    """Create one record for each row, all of them or none.

    This takes a constant number of statements. ``parts`` builds further records that
    are created with the new ones, whose ids it sees. Pass ``validated`` if each field
    was already validated, as serializers do. A single refused row raises its own error;
    several rows raise ``BulkError`` with the errors by row number.
    """
    if not rows:
        return []
    to_many = to_many_fields(model)
    instances = [_build_record(model, row, to_many, by) for row in rows]
    _check_values(instances, rows, validated=validated)
    links = {name: [row.get(name) or () for row in rows] for name in to_many}
    try:
        run_atomically(lambda: _insert_records(instances, rows, links, parts, by=by))
    except IntegrityError:
        duplicates = find_duplicates(instances)
        if duplicates:
            _raise_errors(duplicates, len(rows))
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

    If no value differs, nothing is stored and no event is written.
    """
    changes: Changes = {}
    to_many = to_many_fields(type(record))
    lists = {name: list(_ids(values[name])) for name in values if name in to_many}
    for name, value in values.items():
        if name not in to_many:
            _set_field(record, name, value, changes)
    for name, ids in lists.items():
        _add_list_change(record, name, ids, changes)
    if changes:
        _save_changes(record, lists, changes, by=by, validated=validated)
    return record


def _save_changes(
    record: Record,
    lists: Mapping[str, list[int]],
    changes: Changes,
    *,
    by: AbstractBaseUser,
    validated: bool,
) -> None:
    """Save the changes of a record and write the event."""
    error = _validation_error(record, validated=validated)
    if error is not None:
        raise error
    _check_list_lengths(record, lists, changes)
    record.updated_by_id = by.pk
    _save_record(record)
    for name in lists.keys() & changes.keys():
        getattr(record, name).set(lists[name])
    _check_new_links(record, changes)
    record_events(record.kind, [record.pk], UPDATED, by=by, changes=changes)


def lock_record(
    model: type[R], pk: int, *, unless_changed: Collection[str] | None = None
) -> R:
    """Return a record, locked for changes until the end of the transaction.

    ``unless_changed`` contains the revisions that the caller knows. Raises ``Stale`` if
    the record has another revision, and ``NotFound`` if it does not exist.
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
    """Delete a record that ``lock_record`` returned; its events stay."""
    pk, kind = record.pk, record.kind
    record.delete()
    record_events(kind, [pk], DELETED, by=by)


def to_many_fields(model: type[Record]) -> list[str]:
    """Return the names of the lists of links that can be written, from either side."""
    return [field.name for field in model._meta.many_to_many] + [*model.reverse_lists]


def _build_record(
    model: type[R], row: Values, to_many: Collection[str], by: AbstractBaseUser
) -> R:
    """Return a new record that is not saved yet."""
    values: dict[str, Any] = {"registered_by_id": by.pk, "updated_by_id": by.pk}
    for name, value in row.items():
        if name not in to_many:
            field: Any = model._meta.get_field(name)
            values[field.attname] = _stored_value(field, value)
    return model(**values)


def _stored_value(field: Any, value: Any) -> Any:
    """Return a value as it is stored.

    A link becomes the id of its target. An empty text becomes null in a nullable field.
    """
    if field.is_relation:
        return value.pk if isinstance(value, models.Model) else value
    return None if value == "" and field.null else value


def _insert_records(
    instances: Sequence[R],
    rows: Sequence[Values],
    links: Mapping[str, Sequence[Iterable[Any]]],
    parts: Callable[[Sequence[R]], Sequence[Record]] | None,
    *,
    by: AbstractBaseUser,
) -> None:
    """Insert new records with their lists of links, their parts and their events."""
    for instance in instances:
        # an earlier attempt that the database aborted may have given them ids
        instance.pk = None
        instance._state.adding = True
    stored: list[Sequence[Record]] = [_bulk_create(instances)]
    added: Counter[type[models.Model]] = Counter()
    added[type(instances[0])] = len(instances)
    for name, lists in links.items():
        added += _store_links(instances, lists, name)
    _check_targets(instances, rows)
    if parts is not None:
        stored.append(_bulk_create(parts(instances)))
        added[type(stored[-1][0])] += len(stored[-1])
    added_rows.add(added)
    created = {one[0].kind: [record.pk for record in one] for one in stored}
    record_created(created, by=by)


def _bulk_create(records: Sequence[Record]) -> Sequence[Record]:
    """Insert new records; return them with their ids."""
    type(records[0])._default_manager.bulk_create(records)
    return records


def _set_field(record: Record, name: str, value: Any, changes: Changes) -> None:
    """Set one field and add the change to ``changes``."""
    field: Any = record._meta.get_field(name)
    value = _stored_value(field, value)
    old = getattr(record, field.attname)
    if old != value:
        setattr(record, field.attname, value)
        # a derived field, such as a sort key, changes with its source
        if field.editable:
            changes[name] = (_to_json_value(old), _to_json_value(value))


def _to_json_value(value: Any) -> Any:
    """Return a value as JSON can represent it."""
    if value is None or isinstance(value, bool | int | str):
        return value
    return str(value)


def _add_list_change(
    record: Record, name: str, ids: list[int], changes: Changes
) -> None:
    """Add a list of links to ``changes`` if it differs; the order does not count."""
    old = sorted(getattr(record, name).values_list("pk", flat=True))
    new = sorted(set(ids))
    if old != new:
        changes[name] = (old, new)


def _save_record(record: Record) -> None:
    """Save a changed record; raise ``Duplicate`` if it clashes with another."""
    try:
        with transaction.atomic():
            record.save()
    except IntegrityError as error:
        duplicate = find_duplicate(record)
        if duplicate is None:
            raise
        raise duplicate from error


def _ids(links: Iterable[Any]) -> Iterable[int]:
    """Return the ids of links, each of which is a record or an id."""
    return (link.pk if isinstance(link, models.Model) else link for link in links)


def _store_links(
    instances: Sequence[Record], lists: Sequence[Iterable[Any]], name: str
) -> Counter[type[models.Model]]:
    """Insert one list of links of all new records in one statement; count them."""
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
    """Return the columns of a link table: the one of this record and of its target."""
    descriptor: Any = getattr(model, name)
    field = descriptor.field
    source = field.m2m_field_name() + "_id"
    target = field.m2m_reverse_field_name() + "_id"
    return (target, source) if descriptor.reverse else (source, target)


def _check_values(
    instances: Sequence[Record], rows: Sequence[Values], *, validated: bool
) -> None:
    """Raise the errors of the values of new records, if there are any."""
    lists = _list_limits(type(instances[0]))
    errors = {
        index: error
        for index, (instance, row) in enumerate(zip(instances, rows, strict=True))
        if (
            error := _validation_error(instance, validated=validated)
            or long_list_error(
                lists, {one.field: (0, _list_length(row, one)) for one in lists}
            )
        )
        is not None
    }
    if errors:
        _raise_errors(errors, len(instances))


def _list_limits(model: type[Record]) -> list[Limit]:
    to_many = to_many_fields(model)
    return [limit for limit in model.limits if limit.field in to_many]


def _list_length(row: Values, limit: Limit) -> int:
    return len(row.get(limit.field) or ())


def _check_targets(instances: Sequence[Record], rows: Sequence[Values]) -> None:
    """Raise the errors of stored rows that link to a target with too many links."""
    model, lists = type(instances[0]), to_many_fields(type(instances[0]))
    links: dict[str, Targets] = {}
    for limit in _target_limits(model):
        targets = links.setdefault(limit.field, {})
        for index, (instance, row) in enumerate(zip(instances, rows, strict=True)):
            if limit.field in lists:
                pks = list(_ids(row.get(limit.field) or ()))
            else:
                pks = [getattr(instance, f"{limit.field}_id")]
            for pk in dict.fromkeys(pks):
                targets.setdefault(pk, []).append(index)
    errors = target_errors(model, _target_limits(model), links)
    if errors:
        _raise_errors(errors, len(rows))


def _target_limits(model: type[Record]) -> list[Limit]:
    """Return the limits on the targets of links."""
    lists = to_many_fields(model)
    return [one for one in model.limits if one.both_ways or one.field not in lists]


def _check_list_lengths(
    record: Record, lists: Mapping[str, list[int]], changes: Changes
) -> None:
    lengths = {
        name: (len(changes[name][0]), len(changes[name][1]))
        for name in lists.keys() & changes.keys()
    }
    error = long_list_error(record.limits, lengths)
    if error is not None:
        raise error


def _check_new_links(record: Record, changes: Changes) -> None:
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


def _validation_error(record: Record, *, validated: bool) -> InvalidInput | None:
    """Return the error of a record's values; None if they are valid."""
    try:
        if not validated:
            record.clean_fields(exclude=_link_names(record))
        record.clean()
    except ValidationError as error:
        return InvalidInput(error.message_dict)
    return None


def _link_names(record: Record) -> set[str]:
    """Return the names of the links, which foreign keys check without a query each."""
    return {field.name for field in record._meta.fields if field.is_relation}


def _raise_errors(errors: Mapping[int, RegistryError], total: int) -> NoReturn:
    """Raise the error of a single row, or all errors of several rows."""
    if total == 1:
        raise errors[0]
    raise BulkError(errors, total)
