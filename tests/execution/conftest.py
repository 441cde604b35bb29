"""What the tests of the work of run requests share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pytest_django import Settings

if TYPE_CHECKING:
    from tests.execution.work import Place

# its assertions explain themselves like those in the tests that use them
pytest.register_assert_rewrite("tests.execution.work")


@pytest.fixture
def store(settings: Settings, tmp_path: Path) -> Path:
    """Keep files in a folder of the test."""
    settings.STORE_DIR = tmp_path / "store"
    return tmp_path / "store"


@pytest.fixture
def place(db: None, store: Path) -> Place:
    """Return a backend with somebody who asks for runs there, and an executor."""
    from tests.execution.work import new_place

    return new_place()
