"""Downloads by checksum."""

from __future__ import annotations

import pytest
from django.test import Client

from registry.identity.models import User
from tests.files import COUNTS, keep, place, product
from tests.web.files.asking import (
    BROWSER,
    SHA1,
    body_of,
    detail_of,
    get,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", [f"/data/{SHA1}", f"/data/{SHA1.upper()}/"])
def test_a_file_can_be_downloaded_by_its_checksum(path: str, ada: User) -> None:
    keep(by=ada)
    product(place(SHA1, by=ada), name="school/in-bed", extension="csv")
    answer = get(path, accept="application/json; version=2.0")
    assert answer["Content-Type"] == "text/csv"
    assert answer["Content-Length"] == str(len(COUNTS))
    assert answer["ETag"] == f'"{SHA1}"'
    assert answer["Content-Disposition"] == 'attachment; filename="school_in-bed.csv"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer["RateLimit-Limit"] == "1200"
    assert body_of(answer) == COUNTS


def test_ranges_and_conditions_are_supported(ada: User) -> None:
    keep(by=ada)
    part = get(f"/data/{SHA1}", range="bytes=4-9")
    assert (part.status_code, body_of(part)) == (206, b"in_bed")
    assert part["Content-Range"] == f"bytes 4-9/{len(COUNTS)}"
    known = get(f"/data/{SHA1}", if_none_match=f'"{SHA1}"')
    assert (known.status_code, known.content) == (304, b"")
    beyond = get(f"/data/{SHA1}", range="bytes=1000-")
    assert beyond.status_code == 416


def test_head_has_the_headers_of_the_file(ada: User) -> None:
    keep(by=ada)
    answer = Client().head(f"/data/{SHA1}")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer["Content-Length"] == str(len(COUNTS))


def test_an_upload_without_records_can_be_downloaded(ada: User) -> None:
    keep(by=ada)
    answer = get(f"/data/{SHA1}")
    assert answer["Content-Disposition"] == f'attachment; filename="{SHA1}"'
    assert answer["Content-Type"] == "application/octet-stream"
    assert body_of(answer) == COUNTS


@pytest.mark.parametrize("path", [f"/data/{SHA1}", "/data/nonsense", "/data/.."])
def test_an_unknown_file_gets_404(path: str) -> None:
    assert detail_of(get(path), 404)


def test_a_browser_gets_errors_as_pages() -> None:
    answer = get(f"/data/{SHA1}", accept=BROWSER)
    assert answer.status_code == 404
    assert answer["Content-Type"].startswith("text/html")
    assert f"does not hold a file with the SHA-1 {SHA1}" in answer.content.decode()
    assert "sandbox" not in answer["Content-Security-Policy"]


def test_wrong_credentials_are_refused_even_for_a_public_file(ada: User) -> None:
    keep(by=ada)
    answer = get(f"/data/{SHA1}", authorization=f"token {'0' * 40}")
    assert detail_of(answer, 401) == "Invalid token."
    assert "WWW-Authenticate" in answer
    page = get(f"/data/{SHA1}", authorization="token x", accept=BROWSER)
    assert page.status_code == 401
    assert "WWW-Authenticate" in page
    assert b"not valid" in page.content


def test_files_cannot_be_written() -> None:
    assert Client().post(f"/data/{SHA1}").status_code == 405
    assert Client().delete(f"/data/{SHA1}").status_code == 405
