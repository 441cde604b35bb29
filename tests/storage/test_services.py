"""Files are stored and registered together."""

from __future__ import annotations

import hashlib
import io
import threading
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import Settings

from registry.core.errors import Conflict, InvalidInput, Unavailable
from registry.core.models import Event
from registry.storage.models import StoredFile
from registry.storage.services import (
    find_file,
    find_uploaders,
    get_store,
    parse_sha1,
    store_drafts,
    store_file,
    store_upload,
)
from tests import files
from tests.factories import UserFactory
from tests.files import COUNTS

SHA1 = files.sha1_of(COUNTS)


@pytest.fixture(autouse=True)
def _own_store(settings: Settings, tmp_path: Path) -> None:
    settings.STORE_DIR = tmp_path / "store"


def events() -> list[tuple[str, int | None]]:
    """Return the events of files, oldest first."""
    rows = Event.objects.filter(kind="stored_file").order_by("pk")
    return list(rows.values_list("action", "by_id"))


@pytest.mark.django_db
def test_a_file_is_stored_with_its_checksums_and_size() -> None:
    by = UserFactory.create()
    file = store_file(io.BytesIO(COUNTS), by=by)
    assert file.sha1 == SHA1
    assert file.sha256 == hashlib.sha256(COUNTS).hexdigest()
    assert file.size == len(COUNTS)
    assert find_file(SHA1) == file
    assert events() == [("created", by.pk)]
    assert find_uploaders([file.pk]) == {file.pk: by.pk}


@pytest.mark.django_db
def test_storing_a_file_again_changes_nothing() -> None:
    first = files.keep(by=UserFactory.create())
    again = files.keep(by=UserFactory.create())
    assert again == first
    assert len(events()) == 1


@pytest.mark.django_db
def test_the_registry_itself_can_store_a_file() -> None:
    assert find_uploaders([files.keep().pk]) == {}


@pytest.mark.django_db
def test_an_upload_returns_whether_it_is_new() -> None:
    by = UserFactory.create()
    file, is_new = store_upload(io.BytesIO(COUNTS), sha1=SHA1, by=by)
    assert (file.sha1, is_new) == (SHA1, True)
    assert store_upload(io.BytesIO(COUNTS), sha1=SHA1, by=by) == (file, False)


@pytest.mark.django_db
def test_bytes_with_another_checksum_are_rejected_and_not_stored() -> None:
    with pytest.raises(InvalidInput, match="nothing was kept") as refusal:
        store_upload(io.BytesIO(b"other"), sha1=SHA1, by=UserFactory.create())
    assert files.sha1_of(b"other") in refusal.value.detail
    assert not StoredFile.objects.exists()
    assert not get_store().exists(files.sha1_of(b"other"))
    assert not get_store().exists(SHA1)
    assert events() == []


@pytest.mark.django_db
def test_lost_bytes_can_be_uploaded_again() -> None:
    first, second = UserFactory.create(), UserFactory.create()
    file = files.keep(by=first)
    (get_store().path_of(SHA1)).unlink()  # type: ignore[attr-defined]
    assert find_file(SHA1) is None
    assert files.keep(by=second) == file
    assert find_file(SHA1) == file
    assert events() == [("created", first.pk), ("updated", second.pk)]
    assert find_uploaders([file.pk]) == {file.pk: first.pk}


@pytest.mark.django_db
def test_many_files_are_stored_all_or_none() -> None:
    by = UserFactory.create()
    files.keep(b"there before")
    folder = get_store().path_of(files.sha1_of(b"third")).parent.parent  # type: ignore[attr-defined]
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_bytes(b"in the way")
    with get_store().drafts() as drafts:
        taken = [
            drafts.add(io.BytesIO(data))
            for data in (b"there before", b"second", b"third")
        ]
        with pytest.raises(Unavailable):
            store_drafts(taken, by=by)
        assert not get_store().exists(files.sha1_of(b"second"))
        assert get_store().exists(files.sha1_of(b"there before"))
        assert [file.size for file in StoredFile.objects.all()] == [12]
    folder.unlink()
    with get_store().drafts() as drafts:
        taken = [drafts.add(io.BytesIO(data)) for data in (b"second", b"third")]
        assert len(store_drafts(taken, by=by)) == 2
    assert StoredFile.objects.count() == 3


@pytest.mark.django_db
def test_another_file_with_the_same_sha1_does_not_replace_the_first() -> None:
    # as it is after a collision, of which none is at hand that is small
    StoredFile.objects.create(sha1=SHA1, sha256="0" * 64, size=5)
    with pytest.raises(Conflict, match="Another file with the SHA-1"):
        files.keep()
    assert not get_store().exists(SHA1)


@pytest.mark.django_db(transaction=True)
def test_one_of_many_concurrent_uploads_is_new() -> None:
    by = UserFactory.create()
    data = COUNTS * 100_000
    ready = threading.Barrier(4)
    outcomes: list[bool] = []

    def upload() -> None:
        source = io.BytesIO(data)
        ready.wait(30)
        try:
            _, is_new = store_upload(source, sha1=files.sha1_of(data), by=by)
            outcomes.append(is_new)
        finally:
            connection.close()

    threads = [threading.Thread(target=upload) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [False, False, False, True]
    assert StoredFile.objects.count() == 1
    assert len(events()) == 1


def test_checksums_are_accepted_in_either_case() -> None:
    assert parse_sha1(SHA1.upper()) == SHA1


@pytest.mark.parametrize(
    "text", ["", "abc", SHA1 + "0", SHA1[:-1] + "g", f"{SHA1}\n", "٣" * 40]
)
def test_other_texts_than_checksums_are_rejected(text: str) -> None:
    with pytest.raises(InvalidInput, match="is no SHA-1 checksum"):
        parse_sha1(text)
