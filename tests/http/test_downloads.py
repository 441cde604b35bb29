"""Downloads support ranges and entity tags, and have safe headers."""

from __future__ import annotations

import io

import pytest
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.test import RequestFactory

from registry.http.downloads import Download, file_response
from registry.storage.base import Reader

DATA = bytes(range(100))
TAG = '"0123456789abcdef0123456789abcdef01234567"'

# a server that closes an answer looks after its database connections too
pytestmark = [pytest.mark.once, pytest.mark.django_db]


class Opened:
    """A file that records its opened and closed readers."""

    def __init__(self, data: bytes = DATA) -> None:
        self.data = data
        self.open_files: list[io.BytesIO] = []

    def whole(self) -> Reader:
        """Open the file."""
        return self.part(0, len(self.data))

    def part(self, start: int, length: int) -> Reader:
        """Open a part of the file."""
        file = io.BytesIO(self.data[start : start + length])
        self.open_files.append(file)
        return file


def download(opened: Opened, **given: object) -> Download:
    """Return a file that can be sent."""
    values = {
        "sha1": TAG.strip('"'),
        "size": len(opened.data),
        "name": "counts.csv",
        "media_type": "text/csv",
        "private": False,
        "open": opened.whole,
        "open_part": opened.part,
        **given,
    }
    return Download(**values)  # type: ignore[arg-type]


def body_of(response: HttpResponseBase) -> bytes:
    """Return the whole body, and close the response as a server does."""
    assert isinstance(response, StreamingHttpResponse)
    body = b"".join(response)
    response.close()
    return body


def get(**headers: str) -> HttpRequest:
    """Return a GET request."""
    return RequestFactory().get("/", headers=headers)


def test_the_whole_file_is_sent_with_its_headers() -> None:
    opened = Opened()
    response = file_response(get(), download(opened))
    assert response.status_code == 200
    assert response["Content-Type"] == "text/csv"
    assert response["Content-Length"] == "100"
    assert response["Content-Disposition"] == 'attachment; filename="counts.csv"'
    assert response["ETag"] == TAG
    assert response["Accept-Ranges"] == "bytes"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response["Cache-Control"] == "public, no-cache"
    assert body_of(response) == DATA
    assert opened.open_files[0].closed


def test_a_private_file_is_not_stored_by_shared_caches() -> None:
    response = file_response(get(), download(Opened(), private=True))
    assert response["Cache-Control"] == "private, no-cache"
    response.close()


def test_a_non_ascii_name_is_encoded_by_rfc_8187() -> None:
    response = file_response(get(), download(Opened(), name='Größe "1".csv'))
    disposition = response["Content-Disposition"]
    assert disposition == "attachment; filename*=utf-8''Gr%C3%B6%C3%9Fe%20%221%22.csv"
    response.close()


@pytest.mark.parametrize(
    "wanted,first,last",
    [
        ("bytes=0-0", 0, 0),
        ("bytes=0-99", 0, 99),
        ("bytes=10-19", 10, 19),
        ("bytes=10-", 10, 99),
        ("bytes=99-", 99, 99),
        ("bytes=-1", 99, 99),
        ("bytes=-100", 0, 99),
        ("bytes=-1000", 0, 99),
        ("bytes=50-1000", 50, 99),
        ("BYTES= 50-60 ", 50, 60),
    ],
)
def test_a_range_is_sent_as_206(wanted: str, first: int, last: int) -> None:
    opened = Opened()
    response = file_response(get(range=wanted), download(opened))
    assert response.status_code == 206
    assert response["Content-Range"] == f"bytes {first}-{last}/100"
    assert response["Content-Length"] == str(last - first + 1)
    assert response["ETag"] == TAG
    assert body_of(response) == DATA[first : last + 1]
    assert opened.open_files[0].closed


@pytest.mark.parametrize("wanted", ["bytes=100-", "bytes=100-200", "bytes=-0"])
def test_a_range_beyond_the_end_gets_416_with_the_size(wanted: str) -> None:
    opened = Opened()
    response = file_response(get(range=wanted), download(opened))
    assert response.status_code == 416
    assert response["Content-Range"] == "bytes */100"
    assert opened.open_files == []


@pytest.mark.parametrize("wanted", ["bytes=0-", "bytes=-1", "bytes=-0"])
def test_an_empty_file_has_no_range(wanted: str) -> None:
    response = file_response(get(range=wanted), download(Opened(b"")))
    assert response.status_code == 416
    assert response["Content-Range"] == "bytes */0"


@pytest.mark.parametrize(
    "wanted",
    [
        "bytes=0-1,5-6",
        "bytes=20-10",
        "bytes=-",
        "bytes=a-b",
        "bytes=1",
        "bytes 1-2",
        "lines=1-2",
        "bytes=٣-٤",
        "bytes=--1",
        f"bytes=0-{10**30}",
        "",
    ],
)
def test_anything_but_a_single_range_gets_the_whole_file(wanted: str) -> None:
    response = file_response(get(range=wanted), download(Opened()))
    assert response.status_code == 200
    assert body_of(response) == DATA


def test_a_range_is_sent_if_if_range_matches() -> None:
    headers = {"range": "bytes=10-19", "if-range": TAG}
    response = file_response(get(**headers), download(Opened()))
    assert response.status_code == 206
    assert body_of(response) == DATA[10:20]


@pytest.mark.parametrize(
    "known", ['"another"', f"W/{TAG}", "Sat, 21 Nov 2026 08:00:00 GMT"]
)
def test_the_whole_file_is_sent_if_if_range_does_not_match(known: str) -> None:
    headers = {"range": "bytes=10-19", "if-range": known}
    response = file_response(get(**headers), download(Opened()))
    assert response.status_code == 200
    assert body_of(response) == DATA


def test_a_file_that_cannot_be_sent_in_parts_is_sent_whole() -> None:
    whole = download(Opened(), open_part=lambda *_: None)
    response = file_response(get(range="bytes=10-19"), whole)
    assert response.status_code == 200
    assert response["Content-Length"] == "100"
    assert "Content-Range" not in response
    assert body_of(response) == DATA


@pytest.mark.parametrize("known", [TAG, f"W/{TAG}", f'"another", {TAG}', "*"])
def test_a_file_that_the_client_has_gets_304(known: str) -> None:
    opened = Opened()
    headers = {"if-none-match": known, "range": "bytes=0-1"}
    response = file_response(get(**headers), download(opened))
    assert response.status_code == 304
    assert response["ETag"] == TAG
    assert response["Cache-Control"] == "public, no-cache"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "Content-Length" not in response
    assert opened.open_files == []


def test_a_changed_file_is_sent() -> None:
    response = file_response(get(**{"if-none-match": '"another"'}), download(Opened()))
    assert body_of(response) == DATA


def test_a_failed_precondition_gets_412() -> None:
    opened = Opened()
    response = file_response(get(**{"if-match": '"another"'}), download(opened))
    assert response.status_code == 412
    assert opened.open_files == []


def test_head_has_the_same_headers_and_opens_no_file() -> None:
    opened = Opened()
    request = RequestFactory().head("/", headers={"range": "bytes=0-1"})
    response = file_response(request, download(opened))
    assert response.status_code == 200
    assert response["Content-Length"] == "100"
    assert response["ETag"] == TAG
    assert not response.streaming
    assert opened.open_files == []
