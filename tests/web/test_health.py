"""Health checks of the registry."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client, override_settings
from pytest_django import DjangoAssertNumQueries, Settings

from registry.storage.services import get_store
from registry.web.views import health
from tests.files import keep

REDIRECTS = {"SECURE_SSL_REDIRECT": True}


@pytest.fixture(autouse=True)
def _look_again() -> None:
    health._migrated.clear()


@pytest.fixture(autouse=True)
def _own_store(settings: Settings, tmp_path: Path) -> None:
    settings.STORE_DIR = tmp_path / "store"


def stored(number: int) -> list[Path]:
    """Store so many files; return where they are, the oldest first."""
    sha1s = [keep(f"file {one}".encode()).sha1 for one in range(number)]
    return [get_store().path_of(sha1) for sha1 in sha1s]  # type: ignore[attr-defined]


def test_livez_does_not_need_the_database(client: Client) -> None:
    answer = client.get("/livez")
    assert (answer.status_code, answer.content) == (200, b"alive\n")
    assert "no-cache" in answer["Cache-Control"]


@pytest.mark.django_db
def test_a_migrated_registry_is_ready(client: Client) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.content) == (200, b"ready\n")
    assert client.head("/readyz").status_code == 200


@pytest.mark.django_db
def test_a_registry_with_a_missing_migration_is_not_ready(client: Client) -> None:
    recorder = MigrationRecorder(connection)
    last = recorder.migration_qs.filter(app="registry").latest("name")
    recorder.record_unapplied("registry", last.name)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.content == b"migrations are not applied\n"


@pytest.mark.django_db
@pytest.mark.parametrize("files, queries", [(0, 2), (4, 2), (5, 3), (20, 3)])
def test_readyz_needs_few_queries_however_many_files_there_are(
    client: Client,
    django_assert_num_queries: DjangoAssertNumQueries,
    files: int,
    queries: int,
) -> None:
    stored(files)
    client.get("/readyz")
    with django_assert_num_queries(queries):
        client.get("/readyz")


ADVICE = "missing or altered; run manage.py check_store\n"
LOST = "the store has lost its files: "


@pytest.mark.parametrize(
    "files, damaged, status, text",
    [
        (8, [], 200, "ready\n"),
        (8, [7], 200, f"degraded: 1 of 8 stored files looked at is {ADVICE}"),
        (8, [0, 7], 200, f"degraded: 2 of 8 stored files looked at are {ADVICE}"),
        (2, [0, 1], 503, f"{LOST}all 2 stored files looked at are {ADVICE}"),
        (1, [0], 503, f"{LOST}the only stored file looked at is {ADVICE}"),
        (20, range(20), 503, f"{LOST}all 8 stored files looked at are {ADVICE}"),
        # neither among the newest nor among the oldest
        (20, range(3, 15), 200, "ready\n"),
    ],
)
@pytest.mark.django_db
def test_readyz_looks_at_a_few_stored_files(
    client: Client, files: int, damaged: Iterable[int], status: int, text: str
) -> None:
    paths = stored(files)
    for number in damaged:
        paths[number].unlink()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.content.decode()) == (status, text)


@pytest.mark.django_db
def test_a_file_of_another_size_counts_as_altered(client: Client) -> None:
    first, _ = stored(2)
    first.write_bytes(b"")
    answer = client.get("/readyz")
    assert answer.content.startswith(b"degraded: 1 of 2 ")


@pytest.mark.django_db
def test_a_registry_whose_store_is_not_mounted_is_not_ready(
    client: Client, settings: Settings, tmp_path: Path
) -> None:
    stored(3)
    settings.STORE_DIR = tmp_path / "not-mounted"
    assert client.get("/readyz").status_code == 503


def test_health_checks_refuse_post(client: Client) -> None:
    assert client.post("/livez").status_code == 405


def test_health_checks_are_not_redirected_to_https(client: Client) -> None:
    with override_settings(**REDIRECTS):
        assert Client().get("/livez").status_code == 200
        assert Client().get("/admin/").status_code == 301
