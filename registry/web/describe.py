"""Describe records for pages: fields with labels, links both ways, and the history."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import models
from django.urls import reverse

from registry.core.models import Event, Record
from registry.core.record_types import record_type_of
from registry.http.filters import filters_of
from registry.identity.models import User

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    #: The user who views a page.
    Viewer = User | AnonymousUser

#: The number of linked records on a page; a link leads to the list of all.
MAX_SHOWN = 20


@dataclass(frozen=True)
class Value:
    """A value on a page; ``address`` is the target of its link, if it has one."""

    text: str
    address: str | None = None
    moment: Any = None
    code: bool = False


@dataclass(frozen=True)
class Row:
    """A label with its values; ``more`` is the address of all, if there are more."""

    label: str
    values: list[Value] = field(default_factory=list)
    help_text: str = ""
    more: str | None = None


def address_of(record: Record) -> str:
    """Return the address of the page of a record."""
    return reverse(f"web:{record.kind}", args=[record.pk])


def label_of(record: Record) -> str:
    """Return the caption of a record, shortened if necessary."""
    text = record_type_of(type(record)).caption(record)
    return text if len(text) <= 120 else f"{text[:117]}…"


def link_to(record: Record) -> Value:
    """Return the caption of a record as a link to its page."""
    return Value(label_of(record), address_of(record))


def field_label(name: str) -> str:
    """Return the label of a field from its name."""
    return "UUID" if name == "uuid" else name.replace("_", " ")


def field_rows(record: Record, viewer: Viewer) -> Iterator[Row]:
    """Yield the rows of a record's own fields in order, and of its latest change."""
    own = record_type_of(type(record)).own_fields.values()
    changed = record._meta.get_field("last_updated")
    for model_field in [*(one for one in own if not one.many_to_many), changed]:
        values = [value_of(record, model_field, viewer)]
        yield Row(
            field_label(model_field.name), values, str(model_field.help_text or "")
        )


def value_of(record: Record, model_field: Any, viewer: Viewer) -> Value:
    """Return the value of a field for a page."""
    if model_field.is_relation:
        return _target(record, model_field, viewer)
    value = getattr(record, model_field.attname)
    if value is None or value == "":
        return Value("—")
    match model_field:
        case models.BooleanField():
            return Value("yes" if value else "no")
        case models.DateTimeField():
            return Value(value.isoformat(), moment=value)
        case models.URLField():
            return Value(value, value if _is_linkable(value) else None)
    return Value(str(value), code=model_field.name in {"uuid", "hash", "path", "root"})


def _target(record: Record, model_field: Any, viewer: Viewer) -> Value:
    """Return the target of a link. Only users who are signed in see account names."""
    target = getattr(record, model_field.name)
    if target is None:
        return Value("—")
    if isinstance(target, Record):
        return link_to(target)
    return Value(_account_name(target, viewer))


def _is_linkable(value: str) -> bool:
    """Return whether a page can link to an address."""
    return value.lower().startswith(("https://", "http://", "ftp://"))


def link_rows(record: Record) -> Iterator[Row]:
    """Yield the rows of the records that this one links to, or that link to it."""
    for model_field in record._meta.many_to_many:
        back = str(model_field.remote_field.related_name)
        yield _list_row(record, model_field.name, model_field.related_model, back)
    for relation in record._meta.related_objects:
        model = relation.related_model
        if not (isinstance(model, type) and issubclass(model, Record)):
            continue
        name = str(relation.get_accessor_name())
        if relation.one_to_one:
            yield Row(
                field_label(name), [link_to(one) for one in _one_to_one(record, name)]
            )
        else:
            yield _list_row(record, name, model, relation.field.name)


def addition_links(record: Record) -> Iterator[Value]:
    """Yield links to the forms of the record types that can link to this record."""
    for relation in record._meta.related_objects:
        model = relation.related_model
        if not (isinstance(model, type) and issubclass(model, Record)):
            continue
        taken = relation.one_to_one and list(
            _one_to_one(record, str(relation.get_accessor_name()))
        )
        if relation.field.editable and not relation.many_to_many and not taken:
            title = str(model._meta.verbose_name)
            name = relation.field.name
            label = title if name == record.kind else f"{title} ({field_label(name)})"
            address = f"{reverse(f'web:{model.kind}-new')}?{name}={record.pk}"
            yield Value(label, address)


def _list_row(record: Record, name: str, model: Any, back: str) -> Row:
    """Return the row of the newest linked records, with the address of all of them.

    ``back`` is the filter of the list of ``model`` for this record. If the list has no
    such filter, the address is the record in the API, which has the whole list.
    """
    found = list(getattr(record, name).order_by("-pk")[: MAX_SHOWN + 1])
    more = None
    if len(found) > MAX_SHOWN:
        more = (
            f"{reverse(f'web:{model.kind}-list')}?{back}={record.pk}"
            if back in filters_of(model).filters
            else reverse(f"{record.kind}-detail", args=[record.pk])
        )
    return Row(
        field_label(name), [link_to(one) for one in found[:MAX_SHOWN]], more=more
    )


def _one_to_one(record: Record, name: str) -> Iterable[Any]:
    """Return the record at the other end of a one-to-one link, or none."""
    model = record._meta.get_field(name).related_model
    found = model._default_manager.filter(  # type: ignore[union-attr]
        **{record._meta.get_field(name).remote_field.name: record.pk}  # type: ignore[union-attr]
    )
    return found[:1]


def history_of(record: Record, viewer: Viewer) -> list[dict[str, Any]]:
    """Return the events of a record, the latest first."""
    events = Event.objects.filter(kind=record.kind, record_id=record.pk)
    return [
        {
            "action": event.get_action_display(),
            "at": event.at,
            "by": _account_name(event.by, viewer),
            "client": event.client,
            "changed": ", ".join(field_label(name) for name in event.changes),
        }
        for event in events.select_related("by")[:50]
    ]


def _account_name(user: User | None, viewer: Viewer) -> str:
    """Return the name of an account, or its id for anonymous users."""
    if user is None:
        return "the registry"
    return user.get_username() if viewer.is_authenticated else f"account {user.pk}"
