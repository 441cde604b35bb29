"""Restore records from their events: deleted ones, and what a change has replaced.

This works from what a record type declares and from the fields of its model. The ids of
restored records are not new, so the databases' counters of ids are not touched.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from registry.core.duplicates import find_duplicate
from registry.core.errors import Conflict, Duplicate, NotFound
from registry.core.events import record_events
from registry.core.link_lists import errors_of_targets
from registry.core.lookups import IdIn
from registry.core.models import Event, Record
from registry.core.planner_statistics import added_rows
from registry.core.records import change_record, lock_record
from registry.core.snapshots import (
    all_list_names,
    from_json,
    record_before,
    to_many_fields,
)
from registry.core.transactions import atomic
from registry.core.verbs import DELETED, RESTORED

if TYPE_CHECKING:
    from collections.abc import Collection

    from django.contrib.auth.models import AbstractBaseUser

    from registry.core.record_types import RecordType

R = TypeVar("R", bound=Record)

#: What stays as it is in a record that is set back.
_KEPT = frozenset({"id", "registered_by", "updated_by", "last_updated"})


@dataclass(frozen=True)
class Restored:
    """A restored record, and what could not be restored.

    ``missing`` are the ids that links and lists of links had, by field, of records that
    do not exist any more; ``unknown`` are fields that the type does not have any more.
    """

    record: Record
    event: Event
    missing: dict[str, list[Any]] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)


@atomic
def restore_record(
    record_type: RecordType[R],
    pk: int,
    *,
    event_id: int | None = None,
    by: AbstractBaseUser | None = None,
) -> Restored:
    """Restore a record as it was before an event; by default, before its deletion.

    A deleted record gets its old id again, and who registered it. Raises ``NotFound``
    without such an event, and ``Conflict`` if the record is there already, if it
    clashes with another one, or if a link that it needs leads nowhere.
    """
    model = record_type.model
    event = _find_event(model, pk, event_id)
    saved = record_before(event)
    if saved is None:
        raise Conflict(
            f"Event {event.pk} ({event.action}) does not have the {_noun(model)} as it "
            "was before."
        )
    restored = Restored(model(pk=pk), event)
    restored.unknown.extend(sorted(saved.keys() - _known_names(model)))
    if event.action == DELETED.name:
        return _put_back(record_type, saved, restored, by=by)
    return _set_back(record_type, saved, restored, by=by)


def _find_event(model: type[Record], pk: int, event_id: int | None) -> Event:
    events = Event.objects.filter(kind=model.kind, record_id=pk).order_by("-pk")
    if event_id is None:
        found = events.filter(action=DELETED.name).first()
        missing = f"There is no event of the deletion of {_noun(model)} {pk}."
        _require_absent(model, pk)
    else:
        found = events.filter(pk=event_id).first()
        missing = f"There is no event {event_id} of {_noun(model)} {pk}."
    if found is None:
        raise NotFound(missing)
    return found


def _require_absent(model: type[Record], pk: int) -> None:
    if model._default_manager.filter(pk=pk).exists():
        raise Conflict(f"The {_noun(model)} {pk} is there already.")


def _put_back(
    record_type: RecordType[Any],
    saved: Mapping[str, Any],
    restored: Restored,
    *,
    by: AbstractBaseUser | None,
) -> Restored:
    """Insert a deleted record with its lists of links."""
    model, record = record_type.model, restored.record
    _require_absent(model, record.pk)
    for name, value in _values(model, saved, restored.missing).items():
        setattr(record, _attname(model, name), value)
    if by is not None:
        record.updated_by_id = by.pk
    _set_digest(record_type, record)
    _insert(record)
    lists = _existing_links(model, saved, all_list_names(model), restored.missing)
    added: Counter[Any] = Counter({model: 1})
    for name, ids in lists.items():
        getattr(record, name).add(*ids)
        added[getattr(model, name).through] += len(ids)
    for error in errors_of_targets([record], [lists]).values():
        raise error
    added_rows.add(added)
    if record_type.restored is not None:
        record_type.restored(record)
    detail = _detail(restored)
    subject = str(record)
    record_events(
        model.kind, [record.pk], RESTORED, by=by, subject=subject, detail=detail
    )
    return restored


def _set_digest(record_type: RecordType[Any], record: Record) -> None:
    """Set the digest of what is left: some links may lead nowhere by now."""
    content = record_type.content
    if content is not None:
        setattr(record, content.name, content.digest(record))


def _set_back(
    record_type: RecordType[R],
    saved: Mapping[str, Any],
    restored: Restored,
    *,
    by: AbstractBaseUser | None,
) -> Restored:
    """Give a record the values that it had before a change."""
    model = record_type.model
    record = lock_record(model, restored.record.pk)
    seen = record.revision
    values = {
        name: value
        for name, value in _values(model, saved, restored.missing).items()
        if name not in _KEPT
    }
    values |= _existing_links(model, saved, to_many_fields(model), restored.missing)
    if record_type.guard is not None:
        record_type.guard(record, values)
    try:
        change_record(
            record,
            values,
            by=by,
            validated=True,
            verb=RESTORED,
            detail=_detail(restored),
        )
    except Duplicate as duplicate:
        raise _clash(record, duplicate) from duplicate
    if record.revision == seen:
        raise Conflict(
            f"The {_noun(model)} {record.pk} is as it was before event "
            f"{restored.event.pk}."
        )
    return Restored(record, restored.event, restored.missing, restored.unknown)


def _detail(restored: Restored) -> dict[str, Any]:
    """Return the details of the event of a restoration."""
    missing = {"missing": restored.missing} if restored.missing else {}
    return {"event": restored.event.pk, **missing}


def _values(
    model: type[Record], saved: Mapping[str, Any], missing: dict[str, list[Any]]
) -> dict[str, Any]:
    """Return the stored values of the fields by name; links that lead nowhere are null.

    Raises ``Conflict`` if a field cannot be null.
    """
    values = {}
    for one in model._meta.concrete_fields:
        if one.name in saved and not one.generated:
            values[one.name] = _value(model, one, saved[one.name])
            if values[one.name] is None and saved[one.name] is not None:
                missing[one.name] = [saved[one.name]]
    return values


def _value(model: type[Record], one: Any, saved: Any) -> Any:
    """Return the stored value of a field, None for a link that leads nowhere."""
    try:
        value = from_json(one, saved)
    except ValidationError as error:
        raise Conflict(f"{one.name}: {' '.join(error.messages)}") from error
    if not one.is_relation or value is None or _exists(one, value):
        return value
    if not one.null:
        target = one.related_model._meta.verbose_name
        raise Conflict(
            f"{one.name}: {target} {value} does not exist any more, and every "
            f"{_noun(model)} needs one."
        )
    return None


def _exists(link: Any, value: Any) -> bool:
    targets = link.related_model._base_manager
    return bool(targets.filter(**{link.target_field.name: value}).exists())


def _existing_links(
    model: type[Record],
    saved: Mapping[str, Any],
    names: Collection[str],
    missing: dict[str, list[Any]],
) -> dict[str, list[int]]:
    """Return the saved lists of links without those that lead nowhere."""
    lists = {}
    for name in saved.keys() & {*names}:
        ids = saved[name]
        target: Any = model._meta.get_field(name).related_model
        existing = target._base_manager.filter(IdIn("pk", ids))
        found = set(existing.values_list("pk", flat=True))
        lists[name] = [pk for pk in ids if pk in found]
        if len(found) < len(ids):
            missing[name] = [pk for pk in ids if pk not in found]
    return lists


def _insert(record: Record) -> None:
    """Insert a record under its id; raise ``Conflict`` if it clashes with another."""
    try:
        with transaction.atomic():
            record.save(force_insert=True)
    except IntegrityError as error:
        duplicate = find_duplicate(record)
        if duplicate is None:
            raise Conflict(f"The database refuses the record: {error}") from error
        raise _clash(record, duplicate) from error


def _clash(record: Record, duplicate: Duplicate) -> Conflict:
    return Conflict(
        f"{duplicate.detail}: {_noun(type(record))} "
        f"{getattr(duplicate.existing, 'pk', '')} ({duplicate.existing}) has the same."
    )


def _known_names(model: type[Record]) -> set[str]:
    return {one.name for one in model._meta.concrete_fields} | {*all_list_names(model)}


def _attname(model: type[Record], name: str) -> str:
    one: Any = model._meta.get_field(name)
    return str(one.attname)


def _noun(model: type[Record]) -> str:
    return str(model._meta.verbose_name)
