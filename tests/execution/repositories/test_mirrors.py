"""Mirrors serve several requests at once, mend themselves, and are removed unused."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from registry.execution.repositories import (
    mirrors,
    read_file,
    remove_unused_mirrors,
    require_commit,
)
from registry.execution.repositories.addresses import check_address
from registry.execution.repositories.errors import CannotFetchNow, MirrorBusy
from registry.execution.repositories.git import Git
from registry.execution.repositories.locks import LockTimeout, locked
from registry.execution.repositories.mirrors import Mirror
from tests.execution.repositories.conftest import Source

pytestmark = pytest.mark.once

FILE = "project.yaml"
DAY = 24 * 60 * 60


def mirror_of(source: Source) -> Mirror:
    return Mirror(Git(check_address(source.url)))


def lock_of(source: Source) -> Path:
    return mirror_of(source).folder.with_suffix(".lock")


def make_unused(source: Source, days: float) -> None:
    then = time.time() - days * DAY
    os.utime(lock_of(source), (then, then))


def test_several_requests_fetch_from_one_repository(source: Source) -> None:
    commits = [source.commit(f"text {number}") for number in range(3)]
    barrier = Barrier(6)

    def read(number: int) -> bytes:
        barrier.wait()
        return read_file(source.url, commits[number % 3], FILE, branch="main")

    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(read, range(6)))
    assert found == [b"text 0", b"text 1", b"text 2"] * 2


def test_a_repository_that_another_request_is_fetching_is_busy(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = source.commit("first"), source.commit("second")
    read_file(source.url, first, FILE)
    monkeypatch.setattr(mirrors, "locked", lambda path, _: locked(path, seconds=0))
    with locked(lock_of(source), seconds=0):
        with pytest.raises(MirrorBusy) as caught:
            read_file(source.url, second, FILE)
        # what was fetched before is read all the same
        assert read_file(source.url, first, FILE) == b"first"
    assert f"fetching from {source.url}" in caught.value.detail
    assert read_file(source.url, second, FILE) == b"second"


def test_a_lock_stays_while_a_process_that_was_given_it_lives(tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    script = "import sys; sys.stdin.read()"
    with locked(path, seconds=0) as handle:
        process = subprocess.Popen(
            [sys.executable, "-c", script], stdin=subprocess.PIPE, pass_fds=(handle,)
        )
    with pytest.raises(LockTimeout), locked(path, seconds=0):
        pass
    process.communicate()
    with locked(path, seconds=0):
        pass


def test_a_lock_that_was_removed_meanwhile_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.lock"
    path.touch()
    opened = os.open
    removals = [path]

    def remove_once(*arguments: object, **options: object) -> int:
        handle = opened(*arguments, **options)  # type: ignore[arg-type]
        if removals:
            removals.pop().unlink()
        return handle

    monkeypatch.setattr(os, "open", remove_once)
    with locked(path, seconds=10):
        assert path.exists()


def test_a_lock_that_fails_leaves_no_file_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(handle: int, kind: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", fail)
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(OSError, match="No locks"), locked(tmp_path / "x", seconds=0):
        pass
    assert len(list(Path("/proc/self/fd").iterdir())) == before


@pytest.mark.parametrize("store", ["files", "history"])
@pytest.mark.parametrize(
    "left", ["shallow.lock", "config.lock", "packed-refs.lock", "HEAD.lock", "refs"]
)
def test_what_a_killed_fetch_left_behind_is_cleared_away(
    source: Source, store: str, left: str
) -> None:
    first, second = source.commit("first"), source.commit("second")
    source.git("checkout", "--quiet", "-b", "other", first)
    third = source.commit("third")
    require_commit(source.url, first, branch="main")
    folder = mirror_of(source).folder / f"{store}.git"
    for name in (second, third):
        (folder / "refs" / "fetched" / f"{name}.lock").touch()
    if left != "refs":
        (folder / left).touch()
    (folder / "objects" / "pack" / "tmp_pack_x1").write_bytes(b"half")
    assert read_file(source.url, third, FILE, branch="other") == b"third"
    assert read_file(source.url, first, FILE, branch="other") == b"first"
    assert not (folder / "objects" / "pack" / "tmp_pack_x1").exists()


def test_a_mirror_that_was_made_in_part_is_completed(source: Source) -> None:
    commit = source.commit("text")
    folder = mirror_of(source).files
    folder.mkdir(parents=True)
    (folder / "config.lock").touch()
    assert read_file(source.url, commit, FILE) == b"text"


def _remove_packs(folder: Path) -> None:
    for path in folder.glob("objects/pack/*"):
        path.unlink()


def _cut_packs(folder: Path) -> None:
    for path in folder.glob("objects/pack/*.pack"):
        path.chmod(0o600)
        path.write_bytes(path.read_bytes()[:40])


def _lose_files(folder: Path) -> None:
    """Keep all objects but the contents of files."""
    packs = [path.read_bytes() for path in folder.glob("objects/pack/*.pack")]
    _remove_packs(folder)
    for pack in packs:
        subprocess.run(
            ["git", "unpack-objects", "-q"], cwd=folder, input=pack, check=True
        )
    listed = subprocess.run(
        ["git", "cat-file", "--batch-all-objects", "--batch-check"],
        cwd=folder,
        capture_output=True,
        check=True,
    )
    for line in listed.stdout.decode().splitlines():
        name, kind, _ = line.split()
        if kind == "blob":
            (folder / "objects" / name[:2] / name[2:]).unlink()


def _empty_head(folder: Path) -> None:
    (folder / "HEAD").write_bytes(b"")


def _empty_references(folder: Path) -> None:
    for path in folder.glob("refs/fetched/*"):
        path.write_bytes(b"")


def _remove_references(folder: Path) -> None:
    for path in folder.glob("refs/fetched/*"):
        path.unlink()


@pytest.mark.parametrize(
    "damage",
    [
        *(_remove_packs, _cut_packs, _empty_head, _empty_references),
        *(_remove_references, _lose_files, shutil.rmtree),
    ],
)
def test_a_damaged_mirror_is_fetched_again(
    source: Source, damage: Callable[[Path], None]
) -> None:
    first, second = source.commit("first"), source.commit("second")
    assert read_file(source.url, first, FILE, branch="main") == b"first"
    damage(mirror_of(source).files)
    assert read_file(source.url, first, FILE, branch="main") == b"first"
    damage(mirror_of(source).files)
    assert read_file(source.url, second, FILE) == b"second"
    damage(mirror_of(source).history)
    require_commit(source.url, first, branch="main")


def test_a_mirror_that_is_damaged_again_can_be_read_later(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = source.commit("text")
    read_file(source.url, commit, FILE)
    ensure = Mirror.ensure_files

    def lose_files(mirror: Mirror, commit: str) -> None:
        ensure(mirror, commit)
        _lose_files(mirror.files)

    monkeypatch.setattr(Mirror, "ensure_files", lose_files)
    with pytest.raises(CannotFetchNow, match=f"{FILE} is missing"):
        read_file(source.url, commit, FILE)


def test_a_history_that_is_lost_while_it_is_read_can_be_read_later(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = source.commit("first"), source.commit("second")
    ensure = Mirror.ensure_history

    def lose_history(mirror: Mirror, commit: str) -> None:
        ensure(mirror, commit)
        _remove_packs(mirror.history)

    with monkeypatch.context() as patch:
        patch.setattr(Mirror, "ensure_history", lose_history)
        with pytest.raises(CannotFetchNow):
            require_commit(source.url, first, branch="main")
    require_commit(source.url, first, branch="main")


def test_mirrors_that_nobody_used_are_removed(
    make_source: Callable[[str], Source],
) -> None:
    old, new = make_source("old"), make_source("new")
    for source in (old, new):
        source.commit("text")
        require_commit(source.url, source.git("rev-parse", "main"))
    make_unused(old, 31)
    make_unused(new, 29)
    assert remove_unused_mirrors(30) == 1
    assert not mirror_of(old).folder.exists()
    assert not lock_of(old).exists()
    assert mirror_of(new).folder.exists()
    assert remove_unused_mirrors(30) == 0
    assert read_file(old.url, old.git("rev-parse", "main"), FILE) == b"text"


def test_reading_a_mirror_counts_as_use(source: Source) -> None:
    commit = source.commit()
    require_commit(source.url, commit)
    make_unused(source, 31)
    read_file(source.url, commit, FILE)
    assert remove_unused_mirrors(30) == 0


def test_a_mirror_that_is_being_fetched_is_not_removed(source: Source) -> None:
    require_commit(source.url, source.commit())
    make_unused(source, 31)
    with locked(lock_of(source), seconds=0):
        assert remove_unused_mirrors(30) == 0
    assert mirror_of(source).folder.exists()


def test_without_mirrors_there_is_nothing_to_remove() -> None:
    assert remove_unused_mirrors(0) == 0


def test_two_processes_can_remove_mirrors_at_once(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    require_commit(source.url, source.commit())
    make_unused(source, 31)
    found = [lock_of(source)]
    monkeypatch.setattr(mirrors, "_lock_files", lambda: found * 2)
    assert remove_unused_mirrors(30) == 1
