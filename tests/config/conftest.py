"""What loads the settings as a process of its own would."""

from __future__ import annotations

import os
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.plugins.databases import ROOT
from tests.plugins.postgres import is_ours

Load = Callable[..., dict[str, Any]]


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Return what loads the settings with nothing but the given variables set."""

    def load_settings(**variables: str) -> dict[str, Any]:
        for name in filter(is_ours, list(os.environ)):
            monkeypatch.delenv(name)
        own = {"REGISTRY_DATA_DIR": str(tmp_path), "REGISTRY_ENV_FILE": os.devnull}
        for name, value in {**own, **variables}.items():
            monkeypatch.setenv(name, value)
        return runpy.run_path(str(ROOT / "config" / "settings.py"))

    return load_settings
