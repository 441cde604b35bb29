"""Lists in the order of versions, by the rules of Semantic Versioning 2.0.0."""

from __future__ import annotations

import csv
import io
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client

from registry.catalogue.models import CodeRepoRelease, DataProduct, ExternalObject
from registry.core.versions import version_key
from registry.http.keyset import Cursor
from tests.api.client import Api, data_of
from tests.factories import (
    CodeRepoReleaseFactory,
    DataProductFactory,
    ExternalObjectFactory,
    NamespaceFactory,
)
from tests.plans import analyze, multiply, plan_of, query_plan_of, statements

pytestmark = pytest.mark.django_db

#: From the lowest to the highest; the last two are equal.
SORTED = [
    *("0.9.0", "0.10.0", "1.0.0-rc.2", "1.0.0-rc.10", "1.0.0", "2.0.0"),
    *("10.0.0+build.7", "10.0.0+build.11"),
]


def _register(kind: str) -> None:
    """Register the versions, the highest first."""
    space = NamespaceFactory.create()
    make: dict[str, Any] = {
        "data_product": lambda v: DataProductFactory.create(namespace=space, version=v),
        "external_object": lambda v: ExternalObjectFactory.create(
            data_product=DataProductFactory.create(namespace=space, version=v)
        ),
        "code_repo_release": lambda v: CodeRepoReleaseFactory.create(version=v),
    }
    for version in [*SORTED[-2:], *SORTED[-3::-1]]:
        make[kind](version)


def _walk(path: str, query: dict[str, Any]) -> list[str]:
    """Return the versions of all pages, which are the same on the way back."""
    page = data_of(Api().get(path, query))
    pages = [page]
    while page["next"]:
        page = data_of(Api().get(page["next"]))
        pages.append(page)
    shown = [[one["version"] for one in page["results"]] for page in pages]
    for earlier in shown[-2::-1]:
        page = data_of(Api().get(page["previous"]))
        assert [one["version"] for one in page["results"]] == earlier
    return [one for versions in shown for one in versions]


@pytest.mark.parametrize(
    "kind", ["data_product", "external_object", "code_repo_release"]
)
def test_versions_are_ordered_by_precedence_on_every_page(kind: str) -> None:
    _register(kind)
    path = f"/api/{kind}/"
    up = _walk(path, {"ordering": "version", "page_size": "3"})
    down = _walk(path, {"ordering": "-version", "page_size": "3"})
    assert (up, down) == (SORTED, SORTED[::-1])
    answer = Api().get(path, {"ordering": "version", "format": "csv"})
    rows = csv.DictReader(io.StringIO(b"".join(answer).decode()))
    assert [row["version"] for row in rows] == SORTED


def test_the_page_of_a_type_is_ordered_the_same_way() -> None:
    _register("data_product")
    text = Client().get("/data_product/", {"ordering": "-version"}).content.decode()
    table = text[text.index("<tbody") :]
    places = [table.index(version) for version in SORTED]
    assert places == sorted(places, reverse=True)


@pytest.mark.parametrize("key", ["1.0.0", "ä", 7, None])
def test_a_cursor_with_what_is_no_key_is_not_found(key: Any) -> None:
    cursor = Cursor((key, 1), backwards=False).encode()
    query = {"ordering": "version", "cursor": cursor}
    answer = Api().get("/api/data_product/", query)
    assert data_of(answer, 404) == {"detail": "Invalid cursor"}


def test_the_key_follows_every_change_of_a_version() -> None:
    release = CodeRepoReleaseFactory.create(version="1.9.0")
    release.version = "1.10.0"
    release.save()
    stored = CodeRepoRelease.objects.get(pk=release.pk)
    assert bytes(stored.version_key) == version_key("1.10.0")


@pytest.mark.parametrize("model", [CodeRepoRelease, DataProduct, ExternalObject])
def test_an_index_has_this_order(model: Any) -> None:
    table = model._meta.db_table
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, table)
    assert ["version_key", "id"] in [one["columns"] for one in found.values()]


@pytest.mark.parametrize("sign", ["", "-"])
def test_a_page_in_the_middle_is_read_from_the_index(sign: str) -> None:
    for version in SORTED[2:7]:
        multiply(DataProductFactory.create(version=version), 300)
    analyze("registry_dataproduct")
    query = {"ordering": f"{sign}version", "page_size": "700"}
    page = data_of(Api().get("/api/data_product/", query))
    following = page["next"].replace("page_size=700", "page_size=5")
    with statements() as seen:
        assert len(data_of(Api().get(following))["results"]) == 5
    [(sql, parameters)] = [one for one in seen if "LIMIT 6" in one[0]]
    if connection.vendor == "sqlite":
        [step] = query_plan_of(sql, parameters)
        assert step.startswith("SEARCH")
        assert "product_by_version" in step
    else:
        assert plan_of(sql, parameters).rows["registry_dataproduct"] <= 10


def test_versions_from_before_the_keys_get_theirs() -> None:
    releases = [CodeRepoReleaseFactory.create(version=one) for one in SORTED[:3]]
    CodeRepoRelease.objects.update(version_key=b"")
    migration = import_module("registry.migrations.0014_version_order")
    migration.fill_keys(apps, SimpleNamespace(connection=connection))
    stored = CodeRepoRelease.objects.order_by("version_key")
    assert [one.pk for one in stored] == [one.pk for one in releases]
