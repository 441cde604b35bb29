"""The start page: sections, latest events and the state of the service."""

from __future__ import annotations

import re
import shutil

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from registry import __version__
from registry.runs.services import delete_code_run
from registry.storage.models import StoredFile
from tests import factories
from tests.admin.browsing import signed_in, staff, visit
from tests.admin.checks import assert_usable

pytestmark = pytest.mark.django_db


def _status(client: Client) -> dict[str, str]:
    page = visit(client, "/admin/")
    section = page.soup.select_one(".service-status")
    assert section is not None
    return {
        term.get_text(): value.get_text(" ", strip=True)
        for term, value in zip(section.select("dt"), section.select("dd"), strict=True)
    }


def test_staff_see_the_state_of_the_service() -> None:
    factories.KeywordFactory.create()
    StoredFile.objects.create(sha1=factories.sha1(1), sha256="a" * 64, size=1536)
    status = _status(signed_in(staff("anna")))
    database = {"sqlite": "SQLite 3.", "postgresql": "PostgreSQL "}[connection.vendor]
    assert status["Version"].startswith(__version__)
    assert status["Database"].startswith(database)
    assert status["Migrations"] == "all applied"
    assert "1 keywords" in status["Records"]
    assert "1 objects" in status["Records"]
    assert status["Store"].replace("\xa0", " ") == "1 files, 1.5 KB"


def test_an_empty_registry_reports_no_records() -> None:
    status = _status(signed_in(staff("anna")))
    assert status["Records"] == "1 events"
    assert status["Store"].startswith("0 files")


def test_a_missing_migration_needs_attention(curator: Client) -> None:
    recorder = MigrationRecorder(connection)
    last = recorder.migration_qs.filter(app="registry").latest("name")
    recorder.record_unapplied("registry", last.name)
    told = _status(curator)["Migrations"]
    assert f"registry {last.name}" in told
    assert told.endswith("needs attention")


def test_a_nearly_full_disk_needs_attention(
    curator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = shutil.disk_usage("/")._replace(total=1000, used=960, free=40)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    assert _status(curator)["Free space in the data folder"].endswith("needs attention")


def test_the_start_page_has_a_constant_number_of_queries(
    curator: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    visit(curator, "/admin/")
    for _ in range(2):
        with django_assert_num_queries(8):
            page = visit(curator, "/admin/")
        for _ in range(20):
            factories.KeywordFactory.create()
    assert_usable(page)


def test_people_see_their_latest_events() -> None:
    anna = staff("anna", "view_coderun")
    kept, gone = (factories.CodeRunFactory.create(by=anna) for _ in range(2))
    factories.CodeRunFactory.create()
    delete_code_run(gone.pk, by=anna)
    page = visit(signed_in(anna), "/admin/")
    entries = [
        one.get_text(" ", strip=True) for one in page.soup.select(".actionlist li")
    ]
    assert [re.split(r" \d+ \w{3} \d{4},", entry)[0] for entry in entries] == [
        f"Deleted: code run {gone.pk}",
        f"Created: code run {gone.pk}",
        f"Created: code run {kept.pk}",
    ]


def test_models_are_grouped_in_sections(curator: Client) -> None:
    page = visit(curator, "/admin/")
    sections = [
        one.get_text(strip=True) for one in page.soup.select("#content caption")
    ]
    assert sections == [
        "Data products",
        "Objects and files",
        "Annotations of objects",
        "Quality",
        "Runs",
        "Models and studies",
        "People",
        "Run requests",
        "The service",
    ]
    ids = [str(one["id"]) for one in page.soup.select("[id]")]
    assert len(set(ids)) == len(ids)
    assert_usable(visit(curator, "/admin/registry/"))
