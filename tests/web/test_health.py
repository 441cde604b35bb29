"""Health checks of the registry."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client, override_settings
from pytest_django import DjangoAssertNumQueries

from registry.web.views import health

REDIRECTS = {"SECURE_SSL_REDIRECT": True}


@pytest.fixture(autouse=True)
def _look_again() -> None:
    health._migrated.clear()


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
def test_readyz_needs_one_query(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client.get("/readyz")
    with django_assert_num_queries(1):
        client.get("/readyz")


def test_health_checks_refuse_post(client: Client) -> None:
    assert client.post("/livez").status_code == 405


def test_health_checks_are_not_redirected_to_https(client: Client) -> None:
    with override_settings(**REDIRECTS):
        assert Client().get("/livez").status_code == 200
        assert Client().get("/admin/").status_code == 301
