"""Records in words: each field with its label, links both ways, and the history."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import models
from django.urls import reverse

from registry.core.models import Event, Record
from registry.identity.models import User
from registry.web.kinds import KINDS

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

#: Linked records that a page names before it leads to the list of all.
SHOWN = 20
_HIDDEN = frozenset({"id", "registered_by", "updated_by", "version_key"})


@dataclass(frozen=True)
class Value:
    """One value on a page; ``address`` where it leads somewhere."""

    text: str
    address: str | None = None
    moment: Any = None
    code: bool = False


@dataclass(frozen=True)
class Row:
    """A label and its values; ``more`` leads to all of them where there are more."""

    label: str
    values: list[Value] = field(default_factory=list)
    help_text: str = ""
    more: str | None = None


def address_of(record: Record) -> str:
    """Return the page of a record."""
    return reverse(f"web:{record.kind}", args=[record.pk])


def label_of(record: Record) -> str:
    """Name a record in a few words."""
    text = str(record)
    return text if len(text) <= 120 else f"{text[:117]}…"


def link_to(record: Record) -> Value:
    """Name a record and lead to its page."""
    return Value(label_of(record), address_of(record))


def fields_of(record: Record) -> Iterator[Row]:
    """Describe a record's own fields, in their order."""
    for model_field in record._meta.fields:
        if model_field.name in _HIDDEN:
            continue
        values = [value_of(record, model_field)]
        yield Row(
            str(model_field.verbose_name), values, str(model_field.help_text or "")
        )


def value_of(record: Record, model_field: Any) -> Value:
    """Show the value of one field."""
    if model_field.is_relation:
        return _target(record, model_field)
    value = getattr(record, model_field.attname)
    if value is None or value == "":
        return Value("—")
    match model_field:
        case models.BooleanField():
            return Value("yes" if value else "no")
        case models.DateTimeField():
            return Value(value.isoformat(), moment=value)
        case models.URLField():
            return Value(value, value if _is_web(value) else None)
    return Value(str(value), code=model_field.name in {"uuid", "hash", "path", "root"})


def _target(record: Record, model_field: Any) -> Value:
    """Show where a link leads. Accounts are named to those who have one."""
    target = getattr(record, model_field.name)
    if target is None:
        return Value("—")
    if isinstance(target, Record):
        return link_to(target)
    return Value(f"account {target.pk}")


def _is_web(value: str) -> bool:
    """Tell whether an address is one that a browser may be sent to."""
    return value.lower().startswith(("https://", "http://", "ftp://"))


def links_of(record: Record) -> Iterator[Row]:
    """Describe the records that this one lists, and those that link to it."""
    for model_field in record._meta.many_to_many:
        yield _listed(record, str(model_field.verbose_name), model_field.name, None)
    for relation in record._meta.related_objects:
        model = relation.related_model
        if not (isinstance(model, type) and issubclass(model, Record)):
            continue
        name = str(relation.get_accessor_name())
        if relation.one_to_one:
            yield Row(_words(name), [link_to(one) for one in _one(record, name)])
        else:
            more = (model.kind, relation.field.name)
            yield _listed(record, _words(name), name, more)


def _listed(
    record: Record, label: str, accessor: str, more: tuple[str, str] | None
) -> Row:
    """Name the newest of a list of records, and lead to all of them."""
    found = list(getattr(record, accessor).order_by("-pk")[: SHOWN + 1])
    address = None
    if len(found) > SHOWN and more is not None:
        kind, name = more
        address = f"{reverse(f'web:{kind}-list')}?{name}={record.pk}"
    return Row(label, [link_to(one) for one in found[:SHOWN]], more=address)


def _one(record: Record, name: str) -> Iterable[Any]:
    """Return the record at the other end of a one-to-one link, if there is one."""
    model = record._meta.get_field(name).related_model
    found = model._default_manager.filter(  # type: ignore[union-attr]
        **{record._meta.get_field(name).remote_field.name: record.pk}  # type: ignore[union-attr]
    )
    return found[:1]


def _words(name: str) -> str:
    return name.replace("_", " ")


def history_of(record: Record, viewer: User | AnonymousUser) -> list[dict[str, Any]]:
    """Return what was done to a record, the latest first."""
    events = Event.objects.filter(kind=record.kind, record_id=record.pk)
    return [
        {
            "action": event.get_action_display(),
            "at": event.at,
            "by": _person(event.by, viewer),
            "client": event.client,
            "changed": ", ".join(_words(name) for name in event.changes),
        }
        for event in events.select_related("by")[:50]
    ]


def _person(user: User | None, viewer: User | AnonymousUser) -> str:
    """Name an account to those who have one themselves."""
    if user is None:
        return "the registry"
    return user.get_username() if viewer.is_authenticated else f"account {user.pk}"


def known_kinds() -> list[Any]:
    """Return the record types in the order of the navigation."""
    return list(KINDS.values())
