"""Describe records for pages: fields with labels, links both ways, and the history."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import models
from django.urls import reverse

from registry.core.compiled import CompiledRecords
from registry.core.documents import DocumentField
from registry.core.models import Event, Record
from registry.core.record_types import record_type_of
from registry.identity.models import User
from registry.web.addresses import page_address
from registry.web.linked import MAX_SHOWN, linked_records, other_end
from registry.web.ownership import may_add
from registry.web.values import Value

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    #: The user who views a page.
    Viewer = User | AnonymousUser


@dataclass(frozen=True)
class Row:
    """A label with its values; ``more`` is the address of all, if there are more."""

    label: str
    values: list[Value] = field(default_factory=list)
    help_text: str = ""
    more: str | None = None


def address_of(record: Record) -> str:
    """Return the address of the page of a record."""
    return page_address(record.kind, record.pk)


def label_of(record: Record) -> str:
    """Return the caption of a record, shortened if necessary."""
    text = record_type_of(type(record)).caption(record)
    return text if len(text) <= 120 else f"{text[:117]}…"


def link_to(record: Record) -> Value:
    """Return the caption of a record as a link to its page."""
    withdrawn = record.withdrawn is not None
    return Value(label_of(record), address_of(record), withdrawn=withdrawn)


#: Labels that are abbreviations.
_LABELS = {"uuid": "UUID", "sha256": "SHA-256"}


def field_label(name: str) -> str:
    """Return the label of a field from its name."""
    return _LABELS.get(name, name.replace("_", " "))


def field_rows(
    record: Record, viewer: Viewer, without: Collection[str] = ()
) -> Iterator[Row]:
    """Yield the rows of a record's own fields in order, and of its latest change.

    ``without`` are the fields that the page shows elsewhere.
    """
    own = record_type_of(type(record)).own_fields.values()
    changed = record._meta.get_field("last_updated")
    for model_field in [*(one for one in own if not one.many_to_many), changed]:
        if model_field.name in without:
            continue
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
    return _own_value(value, model_field)


def _own_value(value: Any, model_field: Any) -> Value:
    """Return a value that is there and no link."""
    match model_field:
        case DocumentField():
            return Value("\n".join(model_field.shape.lines(value)) or "—")
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
    return Value(account_name(target, viewer))


def _is_linkable(value: str) -> bool:
    """Return whether a page can link to an address."""
    return value.lower().startswith(("https://", "http://", "ftp://"))


def link_rows(record: Record, without: Collection[str] = ()) -> Iterator[Row]:
    """Yield the rows of the records that this one links to, or that link to it.

    Those that are said of this one are left out if they are withdrawn, and the links
    ``without`` because the page shows them elsewhere.
    """
    for link, found in linked_records(record, without):
        shown = [link_to(one) for one in found[:MAX_SHOWN]]
        more = link.address_of_all(record) if len(found) > MAX_SHOWN else None
        yield Row(field_label(link.name), shown, more=more)


def addition_links(record: Record, viewer: Viewer) -> Iterator[Value]:
    """Yield links to the forms of what the viewer can register for this record."""
    for relation in record._meta.related_objects:
        model = relation.related_model
        if not (isinstance(model, type) and issubclass(model, Record)):
            continue
        taken = relation.one_to_one and other_end(record, relation) is not None
        name = relation.field.name
        allowed = may_add(viewer, record, record_type_of(model), name)
        if not allowed or taken or relation.many_to_many:
            continue
        if relation.field.editable:
            title = str(model._meta.verbose_name)
            label = title if name == record.kind else f"{title} ({field_label(name)})"
            address = f"{reverse(f'web:{model.kind}-new')}?{name}={record.pk}"
            yield Value(label, address)


_HISTORY = CompiledRecords(
    lambda kind, pk: Event.objects.filter(kind=kind, record_id=pk).select_related("by")[
        :50
    ],
    "a kind",
    -1,
)


def history_of(record: Record, viewer: Viewer) -> list[dict[str, Any]]:
    """Return the events of a record, the latest first."""
    return [
        {
            "action": event.get_action_display(),
            "at": event.at,
            "by": account_name(event.by, viewer),
            "client": event.client,
            "changed": ", ".join(field_label(name) for name in event.changes),
            "reason": _reason_of(event),
        }
        for event in _HISTORY.records(record.kind, record.pk)
    ]


def _reason_of(event: Event) -> str:
    """Return why something was done, if the history has it."""
    reason = (event.detail or {}).get("reason")
    return reason if isinstance(reason, str) else ""


def account_name(user: User | None, viewer: Viewer) -> str:
    """Return the name of an account, or its id for anonymous users."""
    if user is None:
        return "the registry"
    return user.get_username() if viewer.is_authenticated else f"account {user.pk}"
