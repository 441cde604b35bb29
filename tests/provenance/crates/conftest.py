"""What tests of crates share."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django import Settings

from registry.identity.models import User
from tests.factories import UserFactory


@pytest.fixture(autouse=True)
def _own_store(settings: Settings, tmp_path: Path) -> None:
    settings.STORE_DIR = tmp_path / "store"


@pytest.fixture
def ada() -> User:
    """Return who sends crates."""
    user: User = UserFactory.create(username="ada")
    return user
