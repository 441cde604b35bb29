"""A migration finds out from events who stored a file."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps
from pytest_django import Settings

from registry.storage.models import StoredFile
from tests.factories import UserFactory
from tests.files import COUNTS, keep

pytestmark = pytest.mark.django_db


def test_a_migration_sets_stored_by_from_the_first_event(
    settings: Settings, tmp_path: Path
) -> None:
    settings.STORE_DIR = tmp_path
    ada = UserFactory.create()
    hers, ours = keep(COUNTS, by=ada), keep(b"ours")
    StoredFile.objects.update(stored_by=None)
    migration = import_module("registry.migrations.0005_files")
    migration.fill_stored_by(apps, None)
    hers.refresh_from_db()
    ours.refresh_from_db()
    assert (hers.stored_by, ours.stored_by) == (ada, None)
