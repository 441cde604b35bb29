"""Who takes documents of model runs in."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django import Settings

from registry.identity.models import User
from tests import factories


@pytest.fixture(autouse=True)
def _own_store(settings: Settings, tmp_path: Path) -> None:
    settings.STORE_DIR = tmp_path / "store"


@pytest.fixture
def user() -> User:
    """Return an account."""
    made: User = factories.registrar()
    return made
