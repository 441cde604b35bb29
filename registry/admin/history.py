"""Describe the changes of events for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import FieldDoesNotExist
from django.utils.html import format_html_join
from django.utils.text import Truncator

from registry.admin.related import change_address
from registry.core.snapshots import record_before

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from django.db.models import Model

    from registry.core.models import Event

EVENTS_PER_PAGE = 50
#: The largest number of shown characters of a text, and items of a list.
_MAX_TEXT = 300
_MAX_LINKS = 50


@dataclass(frozen=True)
class Change:
    """A changed field; for a list of links, the removed and the added ones."""

    field: str
    old: Any
    new: Any
    is_list: bool


@dataclass(frozen=True)
class EventChanges:
    """An event with its described changes, and the whole record before it."""

    event: Event
    changes: list[Change]
    record: list[tuple[str, Any]]


def name_of_record(event: Event) -> str:
    """Return the name of the record of an event; the record may be deleted."""
    if event.record_id is None:
        return "no account"
    return f"{event.kind.replace('_', ' ')} {event.record_id}"


def describe_event(
    event: Event, model: type[Model], hidden: Collection[str] = ()
) -> EventChanges:
    """Return an event of a record of this model with its described changes.

    ``hidden`` are the fields whose values are left out.
    """
    return EventChanges(
        event,
        [
            _describe_change(model, name, old, new)
            if name not in hidden
            else Change(name.replace("_", " "), "", "", is_list=False)
            for name, (old, new) in sorted(event.changes.items())
        ],
        describe_record(event, model),
    )


def describe_record(event: Event, model: type[Model]) -> list[tuple[str, Any]]:
    """Return the fields of the record before an event, with links to other records."""
    whole = record_before(event) or {}
    return [_describe_field(model, name, value) for name, value in whole.items()]


def _describe_field(model: type[Model], name: str, value: Any) -> tuple[str, Any]:
    label, target = _label_and_target(model, name)
    if target is None or not _is_links(value, None):
        return label, _format_value(value)
    return label, _links(target, value if _is_list(value) else [value])


def _label_and_target(model: type[Model], name: str) -> tuple[str, Any]:
    """Return what a field is called, and the model that it links to."""
    try:
        field: Any = model._meta.get_field(name)
    except FieldDoesNotExist:
        field = None
    label = str(getattr(field, "verbose_name", "") or name.replace("_", " "))
    return label, getattr(field, "related_model", None)


def _describe_change(model: type[Model], name: str, old: Any, new: Any) -> Change:
    label, target = _label_and_target(model, name)
    if target is None or not _is_links(old, new):
        return Change(label, _format_value(old), _format_value(new), is_list=False)
    if isinstance(old, list):
        removed = _links(target, [pk for pk in old if pk not in set(new)])
        added = _links(target, [pk for pk in new if pk not in set(old)])
        return Change(label, removed, added, is_list=True)
    return Change(label, _links(target, [old]), _links(target, [new]), is_list=False)


def _is_links(old: Any, new: Any) -> bool:
    """Return whether the values are ids or lists of ids; groups are names."""
    values = [
        one for value in (old, new) for one in (value if _is_list(value) else [value])
    ]
    return all(value is None or isinstance(value, int) for value in values)


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _links(target: type[Model], ids: Iterable[int | None]) -> Any:
    """Return links to records by their ids, without a query."""
    wanted = [pk for pk in ids if pk is not None]
    name = target._meta.verbose_name
    shown = format_html_join(
        ", ",
        '<a href="{}">{} {}</a>',
        ((change_address(target, pk), name, pk) for pk in wanted[:_MAX_LINKS]),
    )
    more = len(wanted) - _MAX_LINKS
    return shown if more <= 0 else shown + f" and {more} more"


def _format_value(value: Any) -> str:
    """Return a plain value as text; long texts are truncated."""
    if value is None or value in ("", []):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return Truncator(text).chars(_MAX_TEXT)
