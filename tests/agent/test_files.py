"""Small files, locks, paths and the removal of folders."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from registry.agent.files import (
    FileLock,
    discard,
    inside,
    read_if_there,
    remove_tree,
    write_json,
)

pytestmark = pytest.mark.once


def test_a_file_is_written_as_a_whole(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    assert read_if_there(file) is None
    write_json(file, {"é": 1})
    assert read_if_there(file) == {"é": 1}
    with pytest.raises(TypeError):
        write_json(file, {"a": object()})
    assert read_if_there(file) == {"é": 1}
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(
    "path", ["../a", "/etc/a", "b/../../a", ".", "", "b/..", "l/a"]
)
def test_a_path_that_leads_out_is_refused(tmp_path: Path, path: str) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "folder-of-another").mkdir()
    (folder / "l").symlink_to(tmp_path / "folder-of-another")
    with pytest.raises(OSError, match="leads out of the folder"):
        inside(folder, path)


@pytest.mark.parametrize("path", ["a", "a/b/c", "..a/b", "l/a"])
def test_a_path_that_stays_is_accepted(tmp_path: Path, path: str) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "l").symlink_to("m")
    assert inside(tmp_path, path) == tmp_path / path


def test_folders_without_permissions_are_removed(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "a" / "b").mkdir(parents=True)
    (folder / "a" / "b" / "file").touch()
    (folder / "a" / "b").chmod(0)
    (folder / "a").chmod(0o500)
    (folder / "link").symlink_to(tmp_path)
    discard(folder, tmp_path)
    remove_tree(folder)
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_removed_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object, **_options: object) -> None:
        raise PermissionError

    (tmp_path / "folder" / "a").mkdir(parents=True)
    monkeypatch.setattr(Path, "chmod", refuse)
    monkeypatch.setattr(shutil.os, "rmdir", refuse)  # type: ignore[attr-defined]
    remove_tree(tmp_path / "folder")
    assert (tmp_path / "folder" / "a").exists()


def test_a_lock_is_held_until_the_last_process_that_has_it_ends(tmp_path: Path) -> None:
    lock, other = FileLock(tmp_path / "lock"), FileLock(tmp_path / "lock")
    assert lock.acquire(wait=False)
    assert not other.acquire(wait=False)
    heir = subprocess.Popen(
        [sys.executable, "-c", "input()"],
        stdin=subprocess.PIPE,
        pass_fds=[lock.fileno()],
    )
    lock.release()
    assert not other.acquire(wait=False)
    heir.kill()
    heir.communicate()
    assert other.acquire(wait=False)


def test_a_lock_whose_file_was_removed_is_not_current(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "lock")
    with lock:
        assert lock.is_current()
        lock.remove()
        assert not lock.is_current()
        with FileLock(lock.path) as other:
            assert other.is_current()
