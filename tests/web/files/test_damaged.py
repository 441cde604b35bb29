"""Stored files whose bytes changed or vanished are never sent as if they were right."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from registry.core.models import Event
from registry.http import read_slots
from registry.identity.models import User
from registry.storage.checked_reading import AlteredFile
from registry.storage.models import StoredFile
from registry.storage.services import get_store
from tests.files import COUNTS, keep, sha1_of
from tests.web.files.asking import BROWSER, SHA1, body_of, detail_of, get

ADDRESS = f"/data/{SHA1}"
LARGE = b"0123456789" * 100_000
ETAG = f'"{SHA1}"'

#: What an event says of the file that should be there.
EXPECTED = {"expected_sha1": SHA1, "expected_size": len(COUNTS)}

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_store(settings: Settings, tmp_path: Path) -> None:
    settings.STORE_DIR = tmp_path / "store"


def path_of(sha1: str) -> Path:
    """Return where the bytes of a stored file are."""
    path: Path = get_store().path_of(sha1)  # type: ignore[attr-defined]
    return path


def events() -> list[tuple[str, dict[str, Any]]]:
    """Return what was found of the one stored file."""
    file = StoredFile.objects.get()
    found = Event.objects.filter(kind=StoredFile.kind, record_id=file.pk, by=None)
    rows = found.filter(action__startswith="found").order_by("pk")
    return list(rows.values_list("action", "detail"))


REQUESTS: list[Callable[[], Any]] = [
    lambda: get(ADDRESS),
    lambda: Client().head(ADDRESS),
    lambda: get(ADDRESS, range="bytes=0-1"),
    lambda: get(ADDRESS, range="bytes=1000-"),
    lambda: get(ADDRESS, if_none_match=ETAG),
    lambda: get(ADDRESS, if_match='"another"'),
]


@pytest.mark.parametrize("request_it", REQUESTS)
@pytest.mark.parametrize("now", [b"", COUNTS[:-1], COUNTS + b"4,76\n"])
def test_a_file_of_another_size_is_not_sent(
    ada: User, request_it: Callable[[], HttpResponse], now: bytes
) -> None:
    keep(by=ada)
    path_of(SHA1).write_bytes(now)
    for _ in range(3):
        answer = request_it()
        assert answer.status_code == 500
        assert "ETag" not in answer
    assert events() == [("found_altered", EXPECTED | {"found_size": len(now)})]


def test_the_error_says_what_is_wrong_and_who_knows(ada: User) -> None:
    keep(by=ada)
    path_of(SHA1).write_bytes(b"x")
    detail = detail_of(get(ADDRESS), 500)
    assert f"damaged: it has 1 bytes instead of {len(COUNTS)}." in detail
    assert "administrators" in detail
    assert "manage.py check_store" in detail
    page = get(ADDRESS, accept=BROWSER)
    assert page.status_code == 500
    assert "damaged: it has 1 bytes" in page.content.decode()


@pytest.mark.parametrize("request_it", REQUESTS)
def test_a_missing_file_gets_404_and_one_event(
    ada: User, request_it: Callable[[], HttpResponse]
) -> None:
    keep(by=ada)
    path_of(SHA1).unlink()
    for _ in range(3):
        answer = request_it()
        assert answer.status_code == 404
        assert "ETag" not in answer
    assert events() == [("found_missing", EXPECTED)]


def test_a_file_that_was_never_stored_leaves_no_event() -> None:
    assert get(ADDRESS).status_code == 404
    assert not Event.objects.exists()


@pytest.mark.parametrize("range_", ["", "bytes=0-1"])
def test_a_small_file_with_other_bytes_gets_an_error(ada: User, range_: str) -> None:
    keep(by=ada)
    path_of(SHA1).write_bytes(COUNTS.upper())
    for _ in range(3):
        assert "its checksum is wrong" in detail_of(get(ADDRESS, range=range_), 500)
    found = {"found_sha1": sha1_of(COUNTS.upper())}
    assert events() == [("found_altered", EXPECTED | found)]
    # what is known of the bytes counts for every request
    assert get(ADDRESS, if_none_match=ETAG).status_code == 500
    assert Client().head(ADDRESS).status_code == 500


def test_the_end_of_a_large_file_with_other_bytes_is_not_sent(ada: User) -> None:
    sha1 = keep(LARGE, by=ada).sha1
    path_of(sha1).write_bytes(LARGE[:-1] + b"x")
    answer: Any = get(f"/data/{sha1}")
    assert answer.status_code == 200
    received: list[bytes] = []
    with pytest.raises(AlteredFile):
        received.extend(answer.streaming_content)
    assert len(b"".join(received)) < len(LARGE) == int(answer["Content-Length"])
    assert [action for action, _ in events()] == ["found_altered"]
    # from now on it is known
    assert "its checksum is wrong" in detail_of(get(f"/data/{sha1}"), 500)


def test_a_range_of_a_large_file_with_other_bytes_gets_an_error(ada: User) -> None:
    sha1 = keep(LARGE, by=ada).sha1
    path_of(sha1).write_bytes(LARGE[:-1] + b"x")
    # these bytes are right, which nobody can know
    answer = get(f"/data/{sha1}", range="bytes=0-9")
    assert "its checksum is wrong" in detail_of(answer, 500)


def test_a_file_that_is_restored_is_sent_again(ada: User) -> None:
    keep(by=ada)
    path_of(SHA1).write_bytes(COUNTS.upper())
    assert get(ADDRESS).status_code == 500
    path_of(SHA1).write_bytes(COUNTS)
    assert body_of(get(ADDRESS)) == COUNTS
    assert body_of(get(ADDRESS, range="bytes=4-9")) == b"in_bed"
    assert get(ADDRESS, if_none_match=ETAG).status_code == 304


def test_a_range_of_an_unchecked_file_needs_a_slot(
    ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(by=ada)
    limits = read_slots.SlotLimits(0, 0, 0, 0)
    with monkeypatch.context() as patched:
        patched.setattr(read_slots.SlotLimits, "for_threads", lambda _: limits)
        busy = get(ADDRESS, range="bytes=4-9")
        assert (busy.status_code, busy["Retry-After"]) == (503, "1")
        assert body_of(get(ADDRESS)) == COUNTS
        # the whole file was checked while it was sent
        assert body_of(get(ADDRESS, range="bytes=4-9")) == b"in_bed"
    assert read_slots.slots.taken == 0


@pytest.mark.parametrize("size", [0, 1, 128 * 1024, 128 * 1024 + 1, 3 * 1024 * 1024])
def test_files_of_any_size_arrive_unchanged(ada: User, size: int) -> None:
    data = (LARGE * 4)[:size]
    sha1 = keep(data, by=ada).sha1
    answer = get(f"/data/{sha1}")
    assert answer["Content-Length"] == str(size)
    assert body_of(answer) == data
    if size:
        assert body_of(get(f"/data/{sha1}", range="bytes=-1")) == data[-1:]
