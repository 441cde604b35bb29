"""What holds of every page, and the types of records that it is tried on."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest
from bs4 import Tag
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registry.core.record_types import is_private
from tests import factories
from tests.admin.browsing import (
    Page,
)
from tests.every_type import marked

FACTORIES = [
    factory
    for factory in vars(factories).values()
    if isinstance(factory, type)
    and issubclass(factory, factories.RecordFactory)
    and factory is not factories.RecordFactory
]
#: Fields with few values.
CHOSEN = frozenset(
    field.name
    for factory in FACTORIES
    for field in factory._meta.model._meta.fields
    if field.choices
)
every_type = pytest.mark.parametrize(
    "factory", [marked(factory._meta.model.kind, factory) for factory in FACTORIES]
)
#: Those that curators, and staff with permission, can see.
every_public_type = pytest.mark.parametrize(
    "factory",
    [
        marked(factory._meta.model.kind, factory)
        for factory in FACTORIES
        if not is_private(factory._meta.model)
    ],
)


def _queries(act: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as queries:
        act()
    return len(queries)


def each(acts: Iterable[Callable[[], object]]) -> list[int]:
    """Count the queries of each, after a first time, which Django remembers from."""
    return [_queries(act) for act in acts if _queries(act)]


def _is_hidden(control: Tag) -> bool:
    return control.get("type") in {"hidden", "submit"}


def assert_usable(page: Page) -> None:
    """Check what a person needs who does not see the page.

    Everything to fill in has a name, and every link leads somewhere and says where.
    Nothing offers a table to choose from.
    """
    labelled = {label.get("for") for label in page.soup.select("label")}
    for control in page.soup.select("input, select, textarea"):
        if not _is_hidden(control):
            assert control.get("id") in labelled or control.get("aria-label"), control
    for link in page.soup.select("#content a"):
        picture = link.select_one("img[alt]")
        named = link.get_text(strip=True) or link.get("aria-label") or link.get("title")
        assert named or (picture and picture["alt"]), link
        # the icons beside a link get their addresses from what is chosen in it
        assert link.get("href") or link.has_attr("data-href-template"), link
    for select in page.soup.select("select.admin-autocomplete"):
        assert all(
            one.has_attr("selected") for one in select.select("option[value!='']")
        )
    others = page.soup.select("select:not(.admin-autocomplete)")
    assert {select["name"] for select in others} <= {"action", *CHOSEN}
    assert "<script>" not in page.html
    assert " style=" not in page.html
    assert " onclick=" not in page.html
