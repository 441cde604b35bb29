"""Only the registry's own account can read the files in the data folder."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.plugins.databases import migrated_database
from tests.plugins.postgres import is_ours
from tests.plugins.server import ROOT

CLEAN = {k: v for k, v in os.environ.items() if not is_ours(k)} | {
    "REGISTRY_ENV_FILE": os.devnull
}

pytestmark = pytest.mark.once


def manage(data: Path, *arguments: str) -> str:
    """Run a command with the umask that most systems have."""
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=CLEAN | {"REGISTRY_DATA_DIR": str(data)},
        capture_output=True,
        text=True,
        check=False,
        umask=0o022,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def open_to_others(data: Path) -> set[str]:
    """Return the paths that others can access, except static files and their folder."""
    return {
        path.name
        for path in data.iterdir()
        if path.name != "static" and path.stat().st_mode & 0o077
    }


def test_an_existing_folder_gets_private_files(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o755)
    said = manage(data, "prepare", "--no-example")
    assert "was open" not in said
    assert stat.S_IMODE(data.stat().st_mode) == 0o755
    database = data / "registry.sqlite3"
    with sqlite3.connect(database) as connection:
        # the files beside it are there while it is open
        connection.execute("CREATE TABLE written (number)")
        assert (data / "registry.sqlite3-wal").exists()
        assert open_to_others(data) == set()
    connection.close()


def test_files_that_others_could_read_are_made_private_and_reported(
    tmp_path: Path,
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    shutil.copy(migrated_database(), data / "registry.sqlite3")
    manage(data, "prepare", "--no-example")
    keys = data / "signing-keys"
    names = ("registry.sqlite3", "secret-key", "admin-password", "store")
    opened = [*(data / name for name in names), keys, *keys.glob("*.pem")]
    for path in opened:
        path.chmod(0o755)
    (data / "registry.sqlite3-wal").touch(mode=0o644)
    said = manage(data, "prepare", "--no-example").splitlines()
    message = "{} was accessible to other accounts of this machine. It is private now."
    assert {message.format(path) for path in opened} <= set(said)
    assert open_to_others(data) == set()
    assert stat.S_IMODE((data / "store").stat().st_mode) == 0o700
    assert manage(data, "prepare", "--no-example") == ""
