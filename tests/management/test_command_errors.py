"""Commands report errors of the database, the disk or a setting in one line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.plugins.postgres import is_ours
from tests.plugins.server import free_port

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.once


def _run(*arguments: str, **variables: str) -> str:
    """Run a command that must fail; return its one line of output."""
    inherited = {k: v for k, v in os.environ.items() if not is_ours(k)}
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=inherited | {"REGISTRY_ENV_FILE": os.devnull, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    [line] = done.stderr.strip().splitlines()
    return line


@pytest.mark.parametrize("command", ["create_token", "forget_visits", "rotate_keys"])
def test_without_tables_a_command_says_how_to_create_them(
    tmp_path: Path, command: str
) -> None:
    arguments = {"create_token": ["admin"], "forget_visits": ["9"]}
    line = _run(
        command, *arguments.get(command, []), REGISTRY_DATA_DIR=str(tmp_path / "var")
    )
    assert line.endswith("Run: python manage.py prepare")


@pytest.mark.parametrize("command", ["prepare", "serve", "migrate"])
def test_without_a_database_a_command_says_so(tmp_path: Path, command: str) -> None:
    database = f"postgresql://127.0.0.1:{free_port()}/registry"
    line = _run(command, DATABASE_URL=database, REGISTRY_DATA_DIR=str(tmp_path))
    assert "The database cannot be used: connection failed" in line


def test_an_impossible_data_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    folder = tmp_path / "file" / "var"
    line = _run("prepare", REGISTRY_DATA_DIR=str(folder))
    assert line == f"manage.py: Not a directory: {folder}"


@pytest.mark.parametrize("command", ["prepare", "migrate"])
def test_a_wrong_setting_is_named(tmp_path: Path, command: str) -> None:
    line = _run(command, PORT="http", REGISTRY_DATA_DIR=str(tmp_path))
    assert line.startswith("manage.py: PORT is 'http', but must be")


def test_the_traceback_can_be_shown(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "migrate", "--traceback"],
        cwd=ROOT,
        env=os.environ | {"PORT": "http", "REGISTRY_DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" in done.stderr
    assert done.returncode == 1
