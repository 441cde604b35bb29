"""Upload addresses, and uploads to them."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from registry.core.models import Event
from registry.identity.models import User
from registry.storage.models import StoredFile
from registry.storage.signing import permit_upload
from tests.api.client import HOST, Api, data_of
from tests.factories import UserFactory
from tests.files import COUNTS, keep, sha1_of

SHA1 = sha1_of(COUNTS)
EMPTY = sha1_of(b"")

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_store(settings: Settings, tmp_path: Path) -> None:
    settings.STORE_DIR = tmp_path / "store"


@pytest.fixture
def ada() -> User:
    """Return an account that can upload."""
    user: User = UserFactory.create()
    return user


@pytest.fixture
def api(ada: User) -> Api:
    """Return the API client of the uploader."""
    return Api(ada)


@pytest.fixture
def address(api: Api) -> str:
    """Return the path of an upload address for the counts."""
    url: str = data_of(api.call("POST", f"/api/data/{SHA1}"))["url"]
    return url.removeprefix(HOST)


def kept() -> list[Path]:
    """Return every file in the store's folder, complete or not."""
    folder = django_settings.STORE_DIR
    return [path for path in folder.rglob("*") if path.is_file()]


def changed(address: str, **parameters: str) -> str:
    """Return an address with other query parameters."""
    parts = urlsplit(address)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    return f"{parts.path}?{urlencode({**query, **parameters})}"


@pytest.mark.parametrize("path", [f"/api/data/{SHA1}", f"/api/data/{SHA1}/"])
def test_a_checksum_in_the_path_returns_an_address(api: Api, path: str) -> None:
    # as the clients ask: no body, and so no type of one
    answer = api.send("POST", path, b"", "")
    assert set(data_of(answer)) == {"url"}
    assert data_of(answer)["url"].startswith(f"{HOST}/api/data/{SHA1}/file?")


@pytest.mark.parametrize("path", ["/api/data", "/api/data/"])
def test_a_checksum_in_the_body_returns_an_address(api: Api, path: str) -> None:
    for answer in (
        api.post(path, {"checksum": SHA1}),
        api.post(path, {"checksum": SHA1.upper(), "size": 3}),
        api.send_form("POST", path, {"checksum": SHA1}),
    ):
        assert f"/api/data/{SHA1}/file?" in data_of(answer)["url"]


def test_the_address_has_the_host_of_the_request(api: Api) -> None:
    answer = api.call("POST", f"/api/data/{SHA1}", host="localhost:8000")
    assert data_of(answer)["url"].startswith("http://localhost:8000/api/data/")


@pytest.mark.parametrize("path", ["/api/data", f"/api/data/{SHA1}"])
def test_an_address_requires_an_account(path: str) -> None:
    answer = Api().post(path, {"checksum": SHA1})
    assert data_of(answer, 403) == {
        "detail": "Authentication credentials were not provided."
    }
    wrong = Api(authorization=f"token {'0' * 40}").post(path, {"checksum": SHA1})
    assert data_of(wrong, 401) == {"detail": "Invalid token."}
    assert "WWW-Authenticate" in wrong


def test_a_session_requires_the_csrf_token(ada: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(ada)
    assert client.post(f"/api/data/{SHA1}").status_code == 403


@pytest.mark.parametrize("checksum", ["abc", SHA1 + "0", "g" * 40, "%F0%9F%98%80"])
def test_an_invalid_checksum_is_refused(api: Api, checksum: str) -> None:
    answer = api.call("POST", f"/api/data/{checksum}")
    assert "is no SHA-1 checksum" in data_of(answer, 400)["checksum"][0]


@pytest.mark.parametrize(
    "body", [None, {}, [], [SHA1], "x", {"checksum": None}, {"checksum": [SHA1]}, 7]
)
def test_a_body_without_a_checksum_is_refused(api: Api, body: object) -> None:
    answer = api.post("/api/data", body)
    assert data_of(answer, 400) == {
        "checksum": ["Give the SHA-1 of the file, as text."]
    }


def test_a_stored_file_gets_409(api: Api) -> None:
    keep()
    for answer in (
        api.call("POST", f"/api/data/{SHA1}"),
        api.post("/api/data", {"checksum": SHA1.upper()}),
    ):
        detail = f"The registry already holds the file {SHA1}."
        assert data_of(answer, 409) == {"detail": detail}


def test_a_file_whose_bytes_were_lost_can_be_sent_again(api: Api) -> None:
    keep()
    (file,) = kept()
    file.unlink()
    assert "url" in data_of(api.call("POST", f"/api/data/{SHA1}"))


def test_an_address_refuses_get(api: Api) -> None:
    assert api.get(f"/api/data/{SHA1}").status_code == 405
    assert api.get("/api/data").status_code == 405


def put(
    address: str, content: bytes = COUNTS, content_type: str = "", **headers: str
) -> HttpResponse:
    """Send bytes without credentials."""
    client = Client(headers=headers, enforce_csrf_checks=True)
    return client.generic("PUT", address, content, content_type)  # type: ignore[return-value]


def test_the_bytes_are_stored_by_checksum(address: str, ada: User) -> None:
    data = data_of(put(address), 201)
    file = StoredFile.objects.get()
    assert data == {"checksum": SHA1, "sha256": file.sha256, "size": len(COUNTS)}
    (path,) = kept()
    assert path.read_bytes() == COUNTS
    event = Event.objects.get(kind="stored_file")
    assert (event.action, event.by, event.record_id) == ("created", ada, file.pk)


def test_any_media_type_is_accepted(address: str) -> None:
    for kind in ("application/json", "multipart/form-data; boundary=x", "text/csv"):
        data_of(put(address, content_type=kind), 201)
        StoredFile.objects.all().delete()


def test_credentials_are_ignored(address: str) -> None:
    answer = put(address, authorization="token nonsense", cookie="sessionid=x")
    data_of(answer, 201)


def test_an_upload_can_be_repeated(address: str) -> None:
    data_of(put(address), 201)
    data_of(put(address), 200)
    assert StoredFile.objects.count() == 1
    assert len(kept()) == 1


def test_an_empty_file_can_be_sent(api: Api) -> None:
    url = data_of(api.call("POST", f"/api/data/{EMPTY}"))["url"]
    assert data_of(put(url, b""), 201)["size"] == 0


@pytest.mark.parametrize("content", [b"", b"other", COUNTS[:-1], COUNTS + b"\n"])
def test_other_bytes_are_refused_and_not_stored(address: str, content: bytes) -> None:
    message = data_of(put(address, content), 400)["checksum"][0]
    assert sha1_of(content) in message
    assert "nothing was kept" in message
    assert kept() == []
    assert not StoredFile.objects.exists()


def test_a_changed_address_is_refused_before_anything_is_read(
    address: str, ada: User
) -> None:
    other = UserFactory.create()
    signature = parse_qs(urlsplit(address).query)["signature"][0]
    for wrong in (
        changed(address, user=str(other.pk)),
        changed(address, expires="99999999999"),
        changed(address, signature=signature[:-1] + "-"),
        changed(address, signature=""),
        address.partition("?")[0],
        address.replace(SHA1, EMPTY),
    ):
        assert "gave out" in data_of(put(wrong), 403)["detail"]
    assert kept() == []


def test_an_address_for_another_file_is_refused(address: str, api: Api) -> None:
    other = data_of(api.call("POST", f"/api/data/{EMPTY}"))["url"]
    query = urlsplit(other).query
    wrong = f"{urlsplit(address).path}?{query}"
    assert "gave out" in data_of(put(wrong), 403)["detail"]


def test_an_address_that_has_expired_is_refused(ada: User) -> None:
    query = urlencode(permit_upload(SHA1, ada.pk, lifetime=-1))
    answer = put(f"/api/data/{SHA1}/file?{query}")
    assert "has expired" in data_of(answer, 403)["detail"]
    assert kept() == []


def test_the_address_of_a_closed_account_is_refused(address: str, ada: User) -> None:
    ada.is_active = False
    ada.save()
    assert "is closed" in data_of(put(address), 403)["detail"]


def test_a_file_can_exceed_the_memory_limit(address: str, settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 5
    data_of(put(address), 201)
    # which is the limit of what is parsed
    large = Api(UserFactory.create()).post("/api/data", {"checksum": SHA1})
    assert large.status_code == 413


def test_a_file_in_a_form_is_refused_and_not_lost(api: Api) -> None:
    form = {"file": SimpleUploadedFile("counts.csv", COUNTS)}
    for path in ("/api/data/", f"/api/data/{SHA1}", "/api/namespace/"):
        messages = data_of(api.send_multipart(path, {"checksum": SHA1, **form}), 400)
        assert list(messages) == ["file"]
        assert "PUT the bytes to the address" in messages["file"][0]
    assert kept() == []
