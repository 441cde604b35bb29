"""What is found of damaged files is written once, and never delays who found it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import Settings

from registry.core.lock_waits import brief_lock_waits
from registry.core.models import Event
from registry.core.statement_timeouts import current_timeout
from registry.storage import sending
from registry.storage.checked_reading import AlteredFile
from registry.storage.damage import Damage, note_damage, try_to_note_damage
from registry.storage.filesystem import FileSystemStore
from registry.storage.models import StoredFile
from registry.storage.services import get_store, is_stored
from registry.storage.verbs import FOUND_ALTERED, FOUND_MISSING
from tests.files import COUNTS, keep, sha1_of

SHA1 = sha1_of(COUNTS)
LARGE = b"0123456789" * 100_000
MISSING = Damage(FOUND_MISSING, {})

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def store(settings: Settings, tmp_path: Path) -> FileSystemStore:
    """Return the store of this test."""
    settings.STORE_DIR = tmp_path / "store"
    found = get_store()
    assert isinstance(found, FileSystemStore)
    return found


def found() -> list[str]:
    """Return what was found of files."""
    events = Event.objects.filter(kind=StoredFile.kind, action__startswith="found")
    return list(events.order_by("pk").values_list("action", flat=True))


def test_an_event_of_a_file_that_is_no_longer_registered_is_not_written() -> None:
    file = keep()
    gone = StoredFile(pk=file.pk + 1, sha1="0" * 40, size=1)
    note_damage(gone, MISSING)
    assert found() == []


def test_a_reader_that_stops_early_has_found_nothing(store: FileSystemStore) -> None:
    file = keep(LARGE)
    store.path_of(file.sha1).write_bytes(LARGE[:-1] + b"x")
    reader = sending.open_whole(file)
    assert reader.read(len(LARGE) - 1) == LARGE[:-1]
    reader.close()
    assert found() == []


@pytest.mark.parametrize("size", [1, 1000, len(LARGE) - 1, len(LARGE), 10**9])
def test_a_reader_never_returns_the_end_of_an_altered_file(
    store: FileSystemStore, size: int
) -> None:
    data = LARGE if size > 1 else LARGE[:200_000]
    file = keep(data)
    store.path_of(file.sha1).write_bytes(b"x" + data[1:])
    received: list[bytes] = []
    with closing(sending.open_whole(file)) as reader, pytest.raises(AlteredFile):
        received.extend(iter(lambda: reader.read(size), b""))
    assert len(b"".join(received)) < len(data)
    assert found() == ["found_altered"]


@pytest.mark.parametrize("now", [LARGE[:-1], LARGE[:10], b""])
def test_a_file_that_shrinks_while_it_is_read_is_noted(
    store: FileSystemStore, now: bytes
) -> None:
    file = keep(LARGE)
    with closing(sending.open_whole(file)) as reader:
        assert reader.read(100) == LARGE[:100]
        store.path_of(file.sha1).write_bytes(now)
        with pytest.raises(AlteredFile):
            list(iter(lambda: reader.read(10**6), b""))
    event = Event.objects.get(action="found_altered")
    assert event.detail["expected_size"] == len(LARGE)
    # some bytes were read ahead
    assert 100 <= event.detail["found_size"] < len(LARGE)


def test_a_part_of_a_file_is_only_read_while_the_file_stays(
    store: FileSystemStore,
) -> None:
    file = keep(LARGE)
    part = sending.open_part(file, 10, 20)
    assert part is not None
    assert part.read(10) == LARGE[10:20]
    store.path_of(file.sha1).write_bytes(LARGE.replace(b"1", b"2"))
    with pytest.raises(AlteredFile):
        part.read(10)
    part.close()


def test_a_file_is_hashed_once_for_all_its_parts(store: FileSystemStore) -> None:
    file, hashed = keep(LARGE), []

    @contextmanager
    def hashing() -> Iterator[None]:
        hashed.append(1)
        yield

    def read_part() -> None:
        part = sending.open_part(file, 10, 20, hashing=hashing)
        assert part is not None
        assert part.read(100) == LARGE[10:30]
        part.close()

    read_part()
    read_part()
    assert len(hashed) == 1
    # the same bytes, written anew
    store.path_of(file.sha1).write_bytes(LARGE)
    read_part()
    assert len(hashed) == 2


def test_a_whole_file_that_was_read_to_its_end_need_not_be_hashed_for_a_part() -> None:
    file = keep(LARGE)
    with closing(sending.open_whole(file)) as whole:
        assert b"".join(iter(lambda: whole.read(10**5), b"")) == LARGE
    part = sending.open_part(file, 0, 5, hashing=pytest.fail)
    assert part is not None
    assert part.read(9) == LARGE[:5]
    part.close()


def test_a_part_of_a_very_large_file_is_not_hashed_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sending, "MAX_HASHED_BYTES", len(LARGE) - 1)
    file = keep(LARGE)
    assert sending.open_part(file, 0, 5) is None
    with closing(sending.open_whole(file)) as whole:
        list(iter(lambda: whole.read(10**5), b""))
    part = sending.open_part(file, 0, 5)
    assert part is not None
    part.close()


def test_a_damaged_file_can_be_uploaded_again(store: FileSystemStore) -> None:
    file = keep()
    assert is_stored(SHA1)
    store.path_of(SHA1).write_bytes(COUNTS[:-1])
    assert not is_stored(SHA1)
    keep()
    assert is_stored(SHA1)
    # found by a process with another memory
    note_damage(file, Damage(FOUND_ALTERED, {"found_sha1": "0" * 40}))
    assert not is_stored(SHA1)
    keep()
    assert is_stored(SHA1)
    assert store.path_of(SHA1).read_bytes() == COUNTS


@contextmanager
def locked(file: StoredFile) -> Iterator[None]:
    """Have another connection hold the lock that an event needs."""
    with closing(connection.copy()) as other, other.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("BEGIN IMMEDIATE")
        else:
            cursor.execute("BEGIN")
            lock = "SELECT id FROM registry_storedfile WHERE id = %s FOR UPDATE"
            cursor.execute(lock, [file.pk])
        yield


@pytest.mark.django_db(transaction=True)
def test_on_a_busy_database_the_log_has_what_was_found(
    caplog: pytest.LogCaptureFixture,
) -> None:
    file = keep()
    with locked(file), caplog.at_level(logging.WARNING):
        try_to_note_damage(file, MISSING)
    assert f"stored file {SHA1}: found_missing, and no event: " in caplog.text
    assert found() == []
    try_to_note_damage(file, MISSING)
    try_to_note_damage(file, MISSING)
    assert found() == ["found_missing"]


@pytest.mark.django_db(transaction=True)
def test_a_thread_without_a_connection_has_none_afterwards() -> None:
    file = keep()
    is_connected: list[bool] = []

    def find() -> None:
        try_to_note_damage(file, MISSING)
        is_connected.append(connection.connection is not None)

    thread = threading.Thread(target=find)
    thread.start()
    thread.join()
    assert is_connected == [False]
    assert found() == ["found_missing"]
    try_to_note_damage(file, MISSING)
    assert connection.connection is not None


@pytest.mark.django_db(transaction=True)
def test_threads_that_find_the_same_write_one_event() -> None:
    file = keep()
    begin = threading.Barrier(4)

    def find() -> None:
        begin.wait()
        note_damage(file, MISSING)
        connection.close()

    threads = [threading.Thread(target=find) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found() == ["found_missing"]


def longest_wait() -> float:
    """Return how many seconds a statement waits for others; 0 if without end."""
    if connection.vendor != "sqlite":
        return current_timeout()
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        return float(cursor.fetchone()[0]) / 1000


def test_brief_waits_end_with_the_block() -> None:
    before = longest_wait()
    waits = []
    for _ in range(2):
        with brief_lock_waits(0.5):
            waits.append(longest_wait())
        waits.append(longest_wait())
    assert waits == [0.5, before] * 2
