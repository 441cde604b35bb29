"""Rows that the registry writes, which are read-only in the admin."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import Client

from registry.core.models import Event
from registry.http.models import IdempotencyKey
from registry.identity.models import ApiToken, User
from registry.identity.services import issue_token
from registry.storage.models import StoredFile
from tests import factories
from tests.admin.browsing import (
    add_path,
    change_path,
    list_path,
    page_of,
    visit,
)
from tests.admin.checks import assert_usable, each


def test_rows_of_the_registry_are_read_only(root: Client) -> None:
    run = factories.CodeRunFactory.create()
    issue_token(user=run.registered_by, by=None)
    StoredFile.objects.create(sha1=factories.sha1(1), sha256="a" * 64, size=2**31)
    IdempotencyKey.objects.create(user=run.registered_by, key="k", fingerprint="f")
    for model in (Event, StoredFile, IdempotencyKey, ApiToken):
        [row, *_] = model._default_manager.order_by("pk")
        page = visit(root, change_path(row))
        assert_usable(page)
        assert not page.soup.select("#content input[type=submit]")
        assert root.post(change_path(row), {"size": 1}).status_code == 403
        assert root.get(add_path(model)).status_code == 403
        assert_usable(visit(root, list_path(model)))
        may_delete = model is IdempotencyKey
        answer = page_of(root.get(change_path(row).replace("change", "delete")))
        assert answer.status == (200 if may_delete else 403)
        actions = dict(admin.site.get_model_admin(model).get_actions(_request(root)))
        assert ("delete_selected" in actions) == may_delete


def _request(client: Client) -> Any:
    """Return the request of a page that this browser opened."""
    return client.get("/admin/").wsgi_request


def test_an_idempotency_key_can_be_deleted(curator: Client) -> None:
    user = factories.UserFactory.create()
    key = IdempotencyKey.objects.create(user=user, key="k", fingerprint="f")
    path = change_path(key).replace("change", "delete")
    assert curator.post(path, {"post": "yes"}).status_code == 302
    assert not IdempotencyKey.objects.exists()


@pytest.mark.slow
def test_lists_of_system_rows_have_a_constant_number_of_queries(
    curator: Client,
) -> None:
    models = (Event, StoredFile, IdempotencyKey, ApiToken, User)

    def add(number: int) -> None:
        user = factories.UserFactory.create()
        issue_token(user=user, by=user)
        IdempotencyKey.objects.create(user=user, key="k", fingerprint="f")
        StoredFile.objects.create(
            sha1=factories.sha1(number), sha256="a" * 64, size=number
        )

    add(0)
    visits = [lambda m=m: visit(curator, list_path(m)) for m in models]
    once = each(visits)
    for number in range(1, 30):
        add(number)
    assert each(visits) == once
    assert max(once) <= 12


def test_a_stored_file_links_to_its_locations(curator: Client) -> None:
    location = factories.StorageLocationFactory.create()
    factories.StorageLocationFactory.create()
    file = StoredFile.objects.create(sha1=location.hash, sha256="a" * 64, size=2**31)
    page = visit(curator, change_path(file))
    assert "2.0\xa0GB" in page.html
    [link] = page.soup.select("a:-soup-contains('locations with this hash')")
    found = visit(curator, str(link["href"]))
    assert len(found.soup.select("#result_list tbody tr")) == 1


@pytest.mark.parametrize(
    "model", admin.site._registry, ids=lambda model: model._meta.label
)
@pytest.mark.slow
def test_an_administrator_can_open_every_list(
    curator: Client, model: type[Model]
) -> None:
    assert_usable(visit(curator, list_path(model)))
