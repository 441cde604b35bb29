"""The format and the version of a response are what the client wants most."""

from __future__ import annotations

import pytest

from tests.api.client import Api, data_of
from tests.factories import FileTypeFactory, StorageLocationFactory

pytestmark = pytest.mark.django_db

JSON, CSV, HTML = "application/json", "text/csv", "text/html"
OLD, NEW = (f"{JSON}; version={version}" for version in ("1.0.0", "1.1.0"))


@pytest.mark.parametrize(
    "accept, sent",
    [
        ("*/*", NEW),
        ("", NEW),
        ("application/*", NEW),
        ("text/*", HTML),
        # what browsers, R, Java and curl send
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", HTML),
        ("application/json, text/xml, application/xml, */*", NEW),
        ("text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", HTML),
        ("application/json, text/plain, */*", NEW),
        (f"{JSON};q=0.1, {CSV}", CSV),
        (f"{JSON};q=0.9, {CSV};q=0.8", NEW),
        (f"{JSON};q=0.5, {CSV};q=0.6, {HTML};q=0.4", CSV),
        (f"{JSON};q=0, */*", HTML),
        (f"{JSON};q=0, {HTML};q=0.0, */*;q=0.1", CSV),
        (f"{OLD}; q=0.1, {NEW}", NEW),
        (f"{NEW}; q=0.1, {OLD}", OLD),
        (f"{OLD}, {NEW}", OLD),
        (f"{NEW}, {OLD}", NEW),
        (f"{OLD};q=0.2, {JSON};q=0.4", NEW),
        (f"{JSON}, {OLD}", OLD),
        (f"image/png, {OLD};q=0.2", OLD),
    ],
)
def test_what_is_wanted_most_is_sent(accept: str, sent: str) -> None:
    answer = Api().get("/api/file_type/", accept=accept)
    assert answer.status_code == 200
    assert answer["Content-Type"].removesuffix("; charset=utf-8") == sent


@pytest.mark.parametrize("accept", ["image/png", f"{JSON};q=0", "*/*;q=0", "json"])
def test_nothing_else_is_sent(accept: str) -> None:
    answer = Api().get("/api/file_type/", accept=accept)
    assert "detail" in data_of(answer, 406)
    assert answer["Content-Type"] == NEW


@pytest.mark.parametrize("accept", [JSON, OLD, "application/xml", "text/*;q=0.1"])
def test_a_format_in_the_address_goes_first(accept: str) -> None:
    FileTypeFactory.create()
    answer = Api().get("/api/file_type/?format=csv", accept=accept)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/csv; charset=utf-8"


def test_a_format_in_the_address_has_the_version_of_the_header() -> None:
    StorageLocationFactory.create()
    old, new = (
        Api().get("/api/storage_root/?format=csv", accept=accept)
        for accept in (OLD, NEW)
    )
    heads = [b"".join(one).splitlines()[0].split(b",") for one in (old, new)]
    assert b"locations_url" not in heads[0]
    assert b"locations_url" in heads[1]


@pytest.mark.parametrize(
    "path, status",
    [
        ("/api/", 200),
        ("/api/file_type/", 200),
        ("/api/file_type/0/", 404),
        ("/api/file_type/?nothing=1", 400),
        ("/api/nothing/", 404),
        ("/api/nothing", 404),
    ],
)
def test_every_answer_in_json_names_its_version(path: str, status: int) -> None:
    for accept in (OLD, NEW):
        answer = Api().get(path, accept=accept)
        assert (answer.status_code, answer["Content-Type"]) == (status, accept)


def test_a_refused_write_names_the_version() -> None:
    answer = Api().post("/api/file_type/", {"name": "n"}, accept=OLD)
    assert (answer.status_code, answer["Content-Type"]) == (403, OLD)
