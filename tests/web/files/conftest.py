"""Fixtures of the tests of downloads: a store, a user and a served folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django import Settings

from registry.identity.models import User
from tests.factories import (
    UserFactory,
)
from tests.files import COUNTS


@pytest.fixture(autouse=True)
def _own_store(settings: Settings, tmp_path: Path) -> None:
    settings.STORE_DIR = tmp_path / "store"


@pytest.fixture
def ada() -> User:
    """Return the user who uploads and registers."""
    user: User = UserFactory.create()
    return user


@pytest.fixture
def served(settings: Settings, tmp_path: Path) -> Path:
    """Return a served folder that contains the counts."""
    folder = tmp_path / "served"
    folder.mkdir()
    (folder / "in-bed.csv").write_bytes(COUNTS)
    (tmp_path / "secret.csv").write_bytes(b"the operator's own")
    settings.SERVED_ROOTS = (folder.resolve(),)
    return folder
