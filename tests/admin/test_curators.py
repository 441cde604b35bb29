"""Who is let in by a role: administrators do everything, curators see records."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin import site
from django.test import Client

from registry.core.models import Record
from registry.core.permissions import Who
from registry.core.record_types import is_private, record_type_of
from registry.identity.models import CoOwner, User
from registry.identity.services import create_user
from registry.runs.models import CodeRun
from tests.admin.browsing import (
    add_path,
    change_path,
    fill_in,
    history_path,
    list_path,
    signed_in,
    visit,
)
from tests.admin.checks import assert_usable, every_public_type
from tests.factories import CodeRunFactory

pytestmark = pytest.mark.django_db

#: Pages of models that are no records: accounts, clients, tokens, events, and more.
OTHERS = [
    model
    for model in site._registry
    if not issubclass(model, Record) and model is not CoOwner
]


@pytest.fixture
def keeper() -> Client:
    """Return the browser of a curator who is not staff."""
    return signed_in(create_user(username="keeper", roles=["curator"]))


@pytest.fixture
def boss() -> Client:
    """Return the browser of an administrator who is not staff."""
    return signed_in(create_user(username="boss", roles=["sys-admin-admin"]))


@every_public_type
def test_a_curator_does_with_records_what_the_api_allows(
    factory: Any, keeper: Client
) -> None:
    record = factory()
    declared = record_type_of(type(record))
    for path in (list_path(type(record)), history_path(record)):
        visit(keeper, path)
    visit(keeper, add_path(type(record)))
    page = visit(keeper, change_path(record))
    changes = declared.changed_by is Who.OWNERS
    assert bool(page.soup.select("#content form [type=submit]")) == changes
    if not changes:
        assert keeper.post(change_path(record), {}).status_code == 403
    answer = keeper.post(f"{change_path(record)[:-7]}delete/", {"post": "yes"})
    deletes = declared.deleted_by is not Who.NOBODY
    assert answer.status_code == (302 if deletes else 403)
    here = type(record)._default_manager.filter(pk=record.pk)
    assert here.exists() != deletes


@pytest.mark.parametrize("model", OTHERS, ids=lambda model: model.__name__)
def test_a_curator_sees_nothing_else(model: Any, keeper: Client) -> None:
    assert keeper.get(list_path(model)).status_code == 403
    assert keeper.get(add_path(model)).status_code == 403


def test_the_start_page_of_a_curator_has_records_and_co_owners(keeper: Client) -> None:
    page = visit(keeper, "/admin/")
    links = {str(one["href"]) for one in page.soup.select("#content-main th a")}
    assert links == {
        list_path(model)
        for model in site._registry
        if model not in OTHERS and not is_private(model)
    }
    assert_usable(page)


def test_a_curator_is_offered_no_search_for_accounts(
    keeper: Client, boss: Client
) -> None:
    for number, client in ((0, keeper), (1, boss)):
        page = visit(client, list_path(CodeRun))
        name = "select[name=registered_by__id__exact]"
        assert len(page.soup.select(name)) == number
    query = {
        "app_label": "registry",
        "model_name": "userauthor",
        "field_name": "user",
        "term": "a",
    }
    assert keeper.get("/admin/autocomplete/", query).status_code == 403


def test_an_administrator_who_is_not_staff_does_everything(boss: Client) -> None:
    anna = create_user(username="anna")
    fill_in(boss, change_path(anna), {"full_name": "Anna C.", "roles": ["curator"]})
    anna.refresh_from_db()
    assert anna.full_name == "Anna C."
    assert [group.name for group in anna.groups.all()] == ["curator"]
    run = CodeRunFactory()
    fill_in(boss, change_path(run), {"description": "better"})
    run.refresh_from_db()
    assert run.description == "better"
    models: list[Any] = [*OTHERS, CodeRun]
    for model in models:
        visit(boss, list_path(model))


@pytest.mark.parametrize("power", ["superuser", "administrator"])
def test_a_role_gives_no_power_over_accounts_with_as_much(
    power: str, boss: Client
) -> None:
    other = create_user(
        username="other",
        email="other@example.org",
        is_superuser=power == "superuser",
        roles=["entity-registry-admin"] if power == "administrator" else [],
    )
    assert boss.post(change_path(other), {"username": "x"}).status_code == 403
    assert boss.get(f"/admin/registry/user/{other.pk}/password/").status_code == 403
    anna = create_user(username="anna")
    fill_in(boss, change_path(anna), {"is_superuser": True})
    assert not User.objects.get(pk=anna.pk).is_superuser


def test_an_inactive_holder_is_not_let_in(keeper: Client) -> None:
    User.objects.filter(username="keeper").update(is_active=False)
    assert keeper.get("/admin/").status_code == 302
