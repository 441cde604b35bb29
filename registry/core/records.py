"""Create, change and delete records of any type: all or nothing, with their events.

Domains build their services on these functions; nothing else writes records.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from copy import copy
from typing import TYPE_CHECKING, Any, TypeVar, cast

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction

from registry.core.duplicates import find_duplicate, find_duplicates
from registry.core.errors import InvalidInput, NotFound, Stale, raise_by_row
from registry.core.events import record_events
from registry.core.insertion import insert_records
from registry.core.link_lists import (
    check_list_lengths,
    check_new_links,
    errors_of_targets,
    ids_of,
    row_error,
)
from registry.core.models import Record
from registry.core.new_values import errors_of_new_records, new_value_error
from registry.core.planner_statistics import added_rows
from registry.core.rules import RULES_OF_PRIVATE, refusals
from registry.core.snapshots import (
    RECORD,
    changed_value,
    forget_lists,
    read_lists,
    to_many_fields,
    unchanged_part,
    whole_record,
)
from registry.core.transactions import atomic, run_atomically
from registry.core.verbs import DELETED, UPDATED, Verb

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
    rule = RULES_OF_PRIVATE.get(model)
    if rule is not None:
        raise_by_row(rule(instances, by), len(rows))
    links = {name: [row.get(name) or () for row in rows] for name in to_many}
    try:
        run_atomically(lambda: _insert_records(instances, rows, links, parts, by=by))
    except IntegrityError:
        duplicates = find_duplicates(instances)
        raise_by_row(duplicates, len(rows))
        raise
    return instances


@atomic
def change_record(
    record: R,
    values: Values,
    *,
    by: AbstractBaseUser | None,
    validated: bool = False,
    verb: Verb = UPDATED,
    detail: Mapping[str, Any] | None = None,
) -> R:
    """Store new values in a record that ``lock_record`` returned.

    If no value differs, nothing is stored and no event is written. The event keeps the
    record as it was.
    """
    before, changes = copy(record), Changes()
    to_many = to_many_fields(type(record))
    lists = {name: list(ids_of(values[name])) for name in values if name in to_many}
    for name, value in values.items():
        if name not in to_many:
            _set_field(record, name, value, changes)
    for name, ids in lists.items():
        _add_list_change(read_lists(record)[name], name, ids, changes)
    if changes:
        known = unchanged_part(before, read_lists(record), changes)
        _save_changes(record, lists, changes, verb, by=by, validated=validated)
        record_events(
            record.kind,
            [record.pk],
            verb,
            by=by,
            changes=changes,
            subject=str(before),
            detail={**(detail or {}), RECORD: known},
        )
    return record


def set_mark(
    record: R, name: str, value: Any, *, by: AbstractBaseUser, verb: Verb = UPDATED
) -> R:
    """Set a field of a locked record that no form or request body has.

    The event keeps the record as it was.
    """
    changes: Changes = {name: (getattr(record, name), value)}
    known = unchanged_part(record, read_lists(record), changes)
    setattr(record, name, value)
    record.updated_by_id = by.pk
    record.save(update_fields=[name, "updated_by", "last_updated"])
    record_events(
        record.kind,
        [record.pk],
        verb,
        by=by,
        changes=changes,
        subject=str(record),
        detail={RECORD: known},
    )
    return record


def would_change(record: Record, values: Values) -> bool:
    """Return whether values differ from those that a record has."""
    to_many = to_many_fields(type(record))
    return any(
        set(ids_of(values[name])) != set(read_lists(record)[name])
        if name in to_many
        else _differs(record, name, values[name])
        for name in values
    )


def _differs(record: Record, name: str, value: Any) -> bool:
    field: Any = record._meta.get_field(name)
    return bool(getattr(record, field.attname) != _stored_value(field, value))


def _save_changes(
    record: Record,
    lists: Mapping[str, list[int]],
    changes: Changes,
    verb: Verb,
    *,
    by: AbstractBaseUser | None,
    validated: bool,
) -> None:
    """Save the changes of a record; values that it had once can be restored."""
    error = _validation_error(record, validated=validated)
    if error is None and verb == UPDATED:
        error = new_value_error(record, changes)
    if error is not None:
        raise error
    check_list_lengths(record, lists, changes)
    if by is not None:
        record.updated_by_id = by.pk
    _save_record(record)
    for name in lists.keys() & changes.keys():
        getattr(record, name).set(lists[name])
    forget_lists(record)
    check_new_links(record, changes)


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
    """Delete a record that ``lock_record`` returned; its last event keeps it whole."""
    pk, kind, name = record.pk, record.kind, str(record)
    detail = {RECORD: whole_record(record)}
    record.delete()
    record_events(kind, [pk], DELETED, by=by, subject=name, detail=detail)


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
    added = insert_records(instances, links, parts, by=by)
    for errors in (errors_of_targets(instances, rows), refusals(instances, by=by)):
        if errors:
            raise_by_row(errors, len(rows))
    added_rows.add(added)


def _set_field(record: Record, name: str, value: Any, changes: Changes) -> None:
    """Set one field and add the change to ``changes``."""
    field: Any = record._meta.get_field(name)
    value = _stored_value(field, value)
    old = getattr(record, field.attname)
    if old != value:
        setattr(record, field.attname, value)
        # a derived field, such as a sort key, changes with its source
        if field.editable:
            changes[name] = (changed_value(old), changed_value(value))


def _add_list_change(
    old: list[int], name: str, ids: list[int], changes: Changes
) -> None:
    """Add a list of links to ``changes`` if it differs; the order does not count."""
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


def _check_values(
    instances: Sequence[Record], rows: Sequence[Values], *, validated: bool
) -> None:
    """Raise the errors of the values of new records, if there are any."""
    model = type(instances[0])
    errors = {
        index: error
        for index, (instance, row) in enumerate(zip(instances, rows, strict=True))
        if (
            error := _validation_error(instance, validated=validated)
            or row_error(model, row)
        )
        is not None
    }
    errors = errors or {**errors_of_new_records(instances)}
    if errors:
        raise_by_row(errors, len(instances))


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
