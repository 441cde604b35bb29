"""The quotas of accounts, for uploads and crates."""

from __future__ import annotations

import io
import os
import threading
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from registry.core.errors import QuotaExceeded
from registry.identity.models import User
from registry.identity.quotas import quota_of
from registry.storage.models import StoredFile
from registry.storage.services import bytes_stored_by, store_upload
from registry.storage.signing import permit_upload
from tests.api.client import Api, data_of
from tests.factories import UserFactory
from tests.files import keep, sha1_of
from tests.provenance.crates.made import file, metadata, zipped

MEGABYTE = 1024 * 1024
HALF = MEGABYTE // 2

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _quota_of_a_megabyte(settings: Settings, tmp_path: Path) -> None:
    settings.STORE_DIR = tmp_path / "store"
    settings.QUOTA_MB = 1


@pytest.fixture
def ada() -> User:
    """Return an account without roles."""
    user: User = UserFactory.create()
    return user


def upload(data: bytes, by: User) -> HttpResponse:
    """Request an upload address and send bytes to it."""
    sha1 = sha1_of(data)
    query = "&".join(f"{k}={v}" for k, v in permit_upload(sha1, by.pk).items())
    path = f"/api/data/{sha1}/file?{query}"
    return Api().send("PUT", path, data, "application/octet-stream")


def send_crate(files: dict[str, bytes], by: User) -> HttpResponse:
    crate = zipped(dict(files), metadata(*map(file, files)))
    return Api(by).send("POST", "/api/ro-crate/", crate, "application/zip")


def files_left() -> list[Path]:
    folder = django_settings.STORE_DIR
    return [path for path in folder.rglob("*") if path.is_file()]


def test_an_account_cannot_exceed_its_quota(ada: User) -> None:
    assert upload(os.urandom(HALF), ada).status_code == 201
    assert upload(os.urandom(HALF), ada).status_code == 201
    assert bytes_stored_by(ada.pk) == MEGABYTE
    refusal = data_of(upload(b"x", ada), 413)
    assert (refusal["used"], refusal["allowed"]) == (MEGABYTE, MEGABYTE)
    assert "your account has 1048576 bytes" in refusal["detail"]
    assert len(files_left()) == 2
    # others have room of their own
    assert upload(b"x", UserFactory.create()).status_code == 201


def test_an_upload_is_refused_before_all_of_it_is_written(ada: User) -> None:
    class Endless(io.RawIOBase):
        def read(self, size: int = -1, /) -> bytes:
            return b"x" * size

    with pytest.raises(QuotaExceeded):
        store_upload(Endless(), sha1="0" * 40, by=ada, quota=quota_of(ada))
    assert files_left() == []


def test_the_files_of_a_crate_count(ada: User) -> None:
    first, second = os.urandom(HALF), os.urandom(HALF)
    assert send_crate({"a": first, "b": second}, ada).status_code == 201
    refusal = data_of(send_crate({"a": first, "c": b"more"}, ada), 413)
    assert refusal["used"] == MEGABYTE
    assert StoredFile.objects.count() == 2
    assert len(files_left()) == 2
    # what is there already needs no room
    assert send_crate({"a": first}, ada).status_code in {200, 201}


def test_the_page_shows_the_errors_of_a_crate(ada: User) -> None:
    keep(os.urandom(MEGABYTE), by=ada)
    client = Client()
    client.force_login(ada)
    crate = io.BytesIO(zipped({"a": b"more"}, metadata(file("a"))))
    crate.name = "crate.zip"
    answer = client.post("/crates/", {"crate": crate})
    assert answer.status_code == 413
    assert b"of the 1048576 that it is allowed" in answer.content


def test_bytes_count_for_the_first_uploader(ada: User) -> None:
    bob = UserFactory.create()
    data = os.urandom(HALF)
    assert upload(data, ada).status_code == 201
    assert upload(data, bob).status_code == 200
    assert (bytes_stored_by(ada.pk), bytes_stored_by(bob.pk)) == (HALF, 0)


def test_a_full_account_can_upload_existing_files(ada: User) -> None:
    data = os.urandom(MEGABYTE)
    assert upload(data, ada).status_code == 201
    assert upload(data, ada).status_code == 200


def test_administrators_are_exempt() -> None:
    administrator = UserFactory.create(roles=["sys-admin-admin"])
    assert upload(os.urandom(MEGABYTE + 1), administrator).status_code == 201


def test_there_is_no_default_quota(settings: Settings, ada: User) -> None:
    settings.QUOTA_MB = None
    assert quota_of(ada) is None
    assert upload(os.urandom(MEGABYTE + 1), ada).status_code == 201


def shown(user: User) -> str:
    """Return the text about stored files on the account page."""
    client = Client()
    client.force_login(user)
    text = client.get("/account/").content.decode()
    return text.partition("<dt>Stored files</dt><dd>")[2].partition("</dd>")[0]


def test_the_account_page_shows_what_is_stored_and_allowed(ada: User) -> None:
    keep(os.urandom(HALF), by=ada)
    assert shown(ada).replace("\xa0", " ") == "512.0 KB of 1.0 MB"
    administrator = UserFactory.create(is_superuser=True)
    assert shown(administrator).replace("\xa0", " ") == "0 bytes"


class Waiting(io.BytesIO):
    """A body whose end waits for the ends of other bodies."""

    def __init__(self, data: bytes, others: threading.Barrier) -> None:
        super().__init__(data)
        self.others = others

    def read(self, size: int | None = -1, /) -> bytes:
        """Return bytes, or wait."""
        piece = super().read(size)
        if not piece:
            # all have asked how much is left before the first is counted
            self.others.wait(60)
        return piece


@pytest.mark.django_db(transaction=True)
def test_simultaneous_uploads_stay_within_the_quota() -> None:
    ada: Any = UserFactory.create()
    ready = threading.Barrier(4)
    outcomes: list[str] = []

    def send() -> None:
        data = os.urandom(HALF)
        try:
            store_upload(
                Waiting(data, ready), sha1=sha1_of(data), by=ada, quota=MEGABYTE
            )
            outcomes.append("kept")
        except QuotaExceeded:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["kept", "kept", "refused", "refused"]
    assert bytes_stored_by(ada.pk) == MEGABYTE
    assert len(files_left()) == 2
