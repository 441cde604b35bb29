"""The store can be checked and cleaned up while files are uploaded."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from registry.core.models import Event
from registry.storage.filesystem import FileSystemStore
from registry.storage.maintenance import (
    DAY,
    FileState,
    StoreFinding,
    check_store,
    remove_abandoned_uploads,
    remove_unregistered,
)
from registry.storage.models import StoredFile
from registry.storage.services import get_store, store_drafts
from tests.files import COUNTS, keep, sha1_of
from tests.plugins.server import ROOT

SHA1 = sha1_of(COUNTS)
LOST, SHORT, ALTERED = b"lost", b"short", b"altered"
LONG_AGO = 1_000_000_000
#: A process that is killed when its file is in its place, and not registered.
KILLED = """
import io, os, pathlib, sys
from registry.storage.filesystem import FileSystemStore
store = FileSystemStore(pathlib.Path(sys.argv[1]))
def take(drafts):
    drafts.add(io.BytesIO(sys.argv[2].encode())).commit()
    os._exit(9)
if sys.argv[3] == "many":
    with store.drafts() as drafts: take(drafts)
with store.draft(io.BytesIO(sys.argv[2].encode())) as draft:
    draft.commit()
    os._exit(9)
"""

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def store(settings: Settings, tmp_path: Path) -> FileSystemStore:
    """Return the store of this test."""
    settings.STORE_DIR = tmp_path / "store"
    found = get_store()
    assert isinstance(found, FileSystemStore)
    return found


def kill_an_upload(store: FileSystemStore, data: bytes, how: str = "one") -> None:
    """Kill a process after it has moved a file to its final path."""
    folder = str(store.files.parent)
    command = [sys.executable, "-c", KILLED, folder, data.decode(), how]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 9
    for path in store.incoming.iterdir():
        os.utime(path, (LONG_AGO, LONG_AGO))


def left_in(store: FileSystemStore) -> list[Path]:
    return [path for path in store.files.parent.rglob("*") if path.is_file()]


@pytest.mark.parametrize("how", ["one", "many"])
def test_an_unregistered_file_of_a_killed_upload_is_removed(
    store: FileSystemStore, how: str
) -> None:
    kill_an_upload(store, COUNTS, how)
    assert store.exists(SHA1)
    remove_abandoned_uploads()
    assert left_in(store) == []
    assert list(store.incoming.iterdir()) == []
    assert not StoredFile.objects.exists()


def test_a_registered_file_is_not_removed(store: FileSystemStore) -> None:
    keep()
    kill_an_upload(store, COUNTS)
    remove_abandoned_uploads()
    assert left_in(store) == [store.path_of(SHA1)]


def test_files_missing_in_a_restored_database_are_not_removed(
    store: FileSystemStore,
) -> None:
    keep()
    StoredFile.objects.all().delete()
    remove_abandoned_uploads()
    assert store.exists(SHA1)


def test_an_active_upload_is_not_removed(store: FileSystemStore) -> None:
    with store.drafts() as drafts:
        draft = drafts.add(io.BytesIO(COUNTS))
        draft.commit()
        for path in store.incoming.iterdir():
            os.utime(path, (LONG_AGO, LONG_AGO))
        remove_abandoned_uploads()
        assert store.exists(SHA1)


def test_an_intact_store_has_no_findings() -> None:
    keep()
    assert list(check_store()) == []


def damage(store: FileSystemStore) -> None:
    """Lose, shorten and alter a file; leave an unregistered and an unfinished one."""
    for data in (COUNTS, LOST, SHORT, ALTERED):
        keep(data)
    store.path_of(sha1_of(LOST)).unlink()
    store.path_of(sha1_of(SHORT)).write_bytes(b"s")
    store.path_of(sha1_of(ALTERED)).write_bytes(b"ALTERED")
    kill_an_upload(store, b"not registered")
    (marked,) = store.incoming.iterdir()
    marked.rename(store.incoming / "half")


FOUND = [
    StoreFinding(FileState.ABANDONED, "half", "14 bytes"),
    StoreFinding(FileState.UNREGISTERED, sha1_of(b"not registered")),
    *sorted(
        (
            StoreFinding(FileState.MISSING, sha1_of(LOST)),
            StoreFinding(FileState.WRONG_SIZE, sha1_of(SHORT), "1 bytes instead of 5"),
        ),
        key=lambda finding: finding.name,
    ),
    # last, because every byte is read for it
    StoreFinding(FileState.WRONG_CHECKSUM, sha1_of(ALTERED)),
]


def test_a_check_finds_lost_altered_and_leftover_files(store: FileSystemStore) -> None:
    damage(store)
    assert list(check_store()) == FOUND
    sizes = [one for one in FOUND if one.state != FileState.WRONG_CHECKSUM]
    assert list(check_store(checksums=False)) == sizes


def test_the_command_lists_its_findings_and_fails(
    store: FileSystemStore, capsys: pytest.CaptureFixture[str]
) -> None:
    damage(store)
    with pytest.raises(CommandError, match="Missing or altered files: 3"):
        call_command("check_store")
    said = capsys.readouterr().out.splitlines()
    assert said == [str(finding) for finding in FOUND]
    assert said[1] == f"not registered: {sha1_of(b'not registered')}"


def expected(data: bytes) -> dict[str, Any]:
    """Return what the details of an event say of the file that should be there."""
    return {"expected_sha1": sha1_of(data), "expected_size": len(data)}


EVENTS = {
    sha1_of(LOST): ("found_missing", expected(LOST)),
    sha1_of(SHORT): ("found_altered", expected(SHORT) | {"found_size": 1}),
    sha1_of(ALTERED): (
        "found_altered",
        expected(ALTERED) | {"found_sha1": sha1_of(b"ALTERED")},
    ),
}


def events() -> list[tuple[str, str, dict[str, Any]]]:
    """Return what was found of the files, in that order, by no account."""
    found = Event.objects.filter(action__startswith="found_", by=None).order_by("pk")
    sha1s = dict(StoredFile.objects.values_list("pk", "sha1"))
    return [
        (sha1s[event.record_id], event.action, event.detail)
        for event in found.filter(kind=StoredFile.kind)
        if event.record_id
    ]


def test_each_damaged_file_gets_one_event(store: FileSystemStore) -> None:
    damage(store)
    list(check_store(checksums=False))
    sizes = {sha1: event for sha1, *event in events()}
    assert set(sizes) == {sha1_of(LOST), sha1_of(SHORT)}
    for _ in range(2):
        assert list(check_store()) == FOUND
    assert {sha1: tuple(event) for sha1, *event in events()} == EVENTS
    assert len(events()) == 3


def test_another_damage_of_the_same_file_is_another_event(
    store: FileSystemStore,
) -> None:
    keep()
    for data in (b"", b"x", b"x", COUNTS.upper()):
        store.path_of(SHA1).write_bytes(data)
        assert len(list(check_store())) == 1
    store.path_of(SHA1).unlink()
    list(check_store())
    found = [detail.get("found_size") for _, _, detail in events()]
    assert found == [0, 1, None, None]
    assert events()[-1][1] == "found_missing"


@pytest.mark.parametrize("restore", ["restored from a backup", "uploaded again"])
def test_a_restored_file_is_well_again(
    store: FileSystemStore, capsys: pytest.CaptureFixture[str], restore: str
) -> None:
    keep()
    store.path_of(SHA1).write_bytes(COUNTS.upper())
    list(check_store())
    if restore == "uploaded again":
        assert keep().sha1 == SHA1
    else:
        store.path_of(SHA1).write_bytes(COUNTS)
    assert list(check_store(checksums=False)) == []
    call_command("check_store")
    by_backup = restore == "restored from a backup"
    said = capsys.readouterr().out
    assert said == (f"well again: {SHA1}\n" if by_backup else "")
    actions = [action for _, action, _ in events()]
    assert actions == ["found_altered", *(["found_well"] if by_backup else [])]
    assert list(check_store()) == []
    assert len(events()) == len(actions)
    store.path_of(SHA1).write_bytes(COUNTS.upper())
    assert [one.state for one in check_store()] == [FileState.WRONG_CHECKSUM]
    assert [action for _, action, _ in events()] == [*actions, "found_altered"]


def test_a_file_with_the_same_sha1_but_another_sha256_is_found() -> None:
    keep()
    StoredFile.objects.update(sha256="0" * 64)
    assert list(check_store()) == [StoreFinding(FileState.WRONG_CHECKSUM, SHA1)]
    [(_, action, detail)] = events()
    assert action == "found_altered"
    assert detail["expected_sha256"] == "0" * 64
    assert detail["found_sha256"] == hashlib.sha256(COUNTS).hexdigest()


def test_a_file_that_disappears_during_the_check_is_missing(
    store: FileSystemStore,
) -> None:
    keep()
    keep(b"other")
    store.path_of(sha1_of(b"other")).write_bytes(b"")
    findings = check_store()
    assert next(findings).state == FileState.WRONG_SIZE
    store.path_of(SHA1).unlink()
    assert list(findings) == [StoreFinding(FileState.MISSING, SHA1)]


def test_the_command_succeeds_if_nothing_is_lost(
    store: FileSystemStore, capsys: pytest.CaptureFixture[str]
) -> None:
    keep()
    kill_an_upload(store, b"not registered")
    call_command("check_store")
    assert "not registered: " in capsys.readouterr().out
    assert store.exists(sha1_of(b"not registered"))
    call_command("check_store", "--remove")
    assert left_in(store) == [store.path_of(SHA1)]
    assert capsys.readouterr().out == ""


def test_unregistered_files_are_removed_after_a_day(
    store: FileSystemStore,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keep()
    StoredFile.objects.all().delete()
    call_command("check_store", "--remove")
    assert store.exists(SHA1)
    assert capsys.readouterr().out == f"not registered: {SHA1}\n"
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + DAY + 60)
    call_command("check_store", "--remove")
    assert not store.exists(SHA1)
    assert capsys.readouterr().out == f"not registered: {SHA1}, removed\n"


def test_a_file_registered_meanwhile_is_not_removed(
    store: FileSystemStore,
) -> None:
    keep()
    assert not remove_unregistered(SHA1, older_than=0)
    assert not remove_unregistered(sha1_of(b"gone"), older_than=0)
    assert store.exists(SHA1)


def test_a_check_distinguishes_active_and_killed_uploads(
    store: FileSystemStore,
) -> None:
    seen: list[Any] = []
    with store.drafts() as drafts:
        draft = drafts.add(io.BytesIO(COUNTS))
        draft.commit()
        # as others see it before the end of our transaction
        seen += check_store()
        store_drafts([], by=None)
    (finding,) = seen
    assert finding.state == FileState.AT_WORK
    assert finding.detail == f"{len(COUNTS)} bytes"


def test_a_check_of_an_empty_store_has_no_findings() -> None:
    assert list(check_store()) == []
