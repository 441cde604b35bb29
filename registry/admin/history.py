"""Telling what an event changed, in the words of a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import FieldDoesNotExist
from django.utils.html import format_html_join
from django.utils.text import Truncator

from registry.admin.related import change_address

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import Model

    from registry.core.models import Event

EVENTS_A_PAGE = 50
#: Characters of a long text, and members of a long list, that are shown.
_LONGEST_TEXT = 300
_LONGEST_LIST = 50


@dataclass(frozen=True)
class Change:
    """One field that changed; of a list of links, what was taken out and put in."""

    field: str
    old: Any
    new: Any
    is_list: bool


@dataclass(frozen=True)
class Told:
    """An event with its changes."""

    event: Event
    changes: list[Change]


def name_of_record(event: Event) -> str:
    """Name the record that an event tells of, which may be gone."""
    if event.record_id is None:
        return "no account"
    return f"{event.kind.replace('_', ' ')} {event.record_id}"


def tell(event: Event, model: type[Model]) -> Told:
    """Explain an event of a record of this model."""
    return Told(
        event,
        [
            _change(model, name, old, new)
            for name, (old, new) in sorted(event.changes.items())
        ],
    )


def _change(model: type[Model], name: str, old: Any, new: Any) -> Change:
    try:
        field: Any = model._meta.get_field(name)
    except FieldDoesNotExist:
        field = None
    target = getattr(field, "related_model", None)
    label = str(getattr(field, "verbose_name", "") or name.replace("_", " "))
    if target is None or not _is_links(old, new):
        return Change(label, _shown(old), _shown(new), is_list=False)
    if isinstance(old, list):
        taken = _links(target, [pk for pk in old if pk not in set(new)])
        put = _links(target, [pk for pk in new if pk not in set(old)])
        return Change(label, taken, put, is_list=True)
    return Change(label, _links(target, [old]), _links(target, [new]), is_list=False)


def _is_links(old: Any, new: Any) -> bool:
    """Tell whether the values are ids, or lists of them; groups go by their names."""
    values = [
        one for value in (old, new) for one in (value if _listed(value) else [value])
    ]
    return all(value is None or isinstance(value, int) for value in values)


def _listed(value: Any) -> bool:
    return isinstance(value, list)


def _links(target: type[Model], ids: Iterable[int | None]) -> Any:
    """Link to records by their ids, without looking any of them up."""
    wanted = [pk for pk in ids if pk is not None]
    name = target._meta.verbose_name
    shown = format_html_join(
        ", ",
        '<a href="{}">{} {}</a>',
        ((change_address(target, pk), name, pk) for pk in wanted[:_LONGEST_LIST]),
    )
    more = len(wanted) - _LONGEST_LIST
    return shown if more <= 0 else shown + f" and {more} more"


def _shown(value: Any) -> str:
    """Show a plain value, long texts cut short."""
    if value is None or value in ("", []):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return Truncator(text).chars(_LONGEST_TEXT)
