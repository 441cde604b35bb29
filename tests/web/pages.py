"""Helpers to read pages in tests."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Tag
from django.db import models

from registry.core.models import Event, Record
from tests import factories

#: One factory a record type that has pages, by its name in addresses.
FACTORIES: dict[str, type[factories.RecordFactory]] = {
    factory._meta.model.kind: factory
    for factory in vars(factories).values()
    if isinstance(factory, type)
    and issubclass(factory, factories.RecordFactory)
    and factory is not factories.RecordFactory
}


def page_of(answer: Any, status: int = 200) -> BeautifulSoup:
    """Return a page, which must have this status and the design of the site."""
    page = BeautifulSoup(answer.content, "html.parser")
    assert answer.status_code == status, page.get_text(" ", strip=True)[:2000]
    assert answer["Content-Type"] == "text/html; charset=utf-8"
    assert page.select_one("header nav .brand"), "not in the design of the site"
    assert len(page.select("h1")) == 1
    return page


def main_of(answer: Any, status: int = 200) -> Tag:
    """Return the main part of a page."""
    main = page_of(answer, status).find("main")
    assert isinstance(main, Tag)
    return main


def words_of(tag: Tag) -> str:
    """Return the text of a part of a page, with single spaces."""
    return " ".join(tag.get_text(" ").split())


def link(part: Tag, text: str) -> str:
    """Return the address of the link with this text."""
    found = [one for one in part.select("a[href]") if words_of(one) == text]
    assert len(found) == 1, f"{len(found)} links {text!r} in {words_of(part)[:500]}"
    return str(found[0]["href"])


def path(address: str) -> str:
    """Return an address without its host."""
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def rows(part: Tag) -> list[str]:
    """Return the header cells of the rows of a list."""
    return [words_of(head) for head in part.select("tbody th")]


def form_of(values: dict[str, Any]) -> dict[str, str]:
    """Return values as a browser sends them from our forms."""
    spelt = {name: _spelt(value) for name, value in values.items()}
    return {name: text for name, text in spelt.items() if text is not None}


def _spelt(value: Any) -> str | None:
    match value:
        case bool():
            return "on" if value else None
        case None:
            return ""
        case datetime():
            return value.strftime("%Y-%m-%dT%H:%M:%S")
        case models.Model():
            return str(value.pk)
        case list() | dict():
            return _spelt_list(value)
    return str(value)


def _spelt_list(value: Any) -> str:
    """Return links as their ids; all else is a small document."""
    if value and all(isinstance(one, models.Model) for one in value):
        return " ".join(str(one.pk) for one in value)
    return json.dumps(value)


def filled_form(part: Tag) -> dict[str, str]:
    """Return the data that a browser sends for an unchanged form of a new record."""
    sent = {}
    for field in part.select("form.record-form [name]"):
        if field.get("type") == "checkbox":
            if field.has_attr("checked"):
                sent[str(field["name"])] = "on"
        elif field.name == "textarea":
            sent[str(field["name"])] = field.get_text().removeprefix("\n")
        else:
            sent[str(field["name"])] = str(field.get("value", ""))
    return sent


def record_at(kind: str, address: str) -> Record:
    """Return the record whose page has this address."""
    model = FACTORIES[kind]._meta.model
    prefix = f"/{kind}/"
    assert address.startswith(prefix), address
    found: Record = model._default_manager.get(pk=address.removeprefix(prefix)[:-1])
    return found


def last_event() -> int:
    """Return the id of the latest event."""
    return Event.objects.values_list("pk", flat=True).order_by("pk").last() or 0


def created_since(last: int) -> list[tuple[str, str]]:
    """Return kind and action of the events after this one."""
    events = Event.objects.filter(pk__gt=last).order_by("pk")
    return [(event.kind, event.action) for event in events]
