"""Crates and data extractions as addresses of the API."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from registry.api.provenance.crates.formats import OTHER_ZIP_TYPES
from registry.identity.models import User
from registry.provenance.crates.terms import METADATA
from registry.runs.models import CodeRun
from tests import factories
from tests.api.client import Api
from tests.provenance.crates.made import FILES, metadata, sorting, zipped
from tests.provenance.world import make_world

pytestmark = pytest.mark.django_db

BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8"
CONTEXT = "https://w3id.org/ro/crate/1.1/context"


def test_the_formats_of_a_crate() -> None:
    world = make_world()
    nobody = Client()
    for path in (
        f"/api/ro-crate/data-product/{world.figure.pk}/",
        f"/api/ro-crate/code-run/{world.fit.pk}/",
    ):
        for query, accept, media_type in (
            ("", "*/*", "application/json"),
            ("", "application/ld+json", "application/ld+json"),
            ("", "application/zip", "application/zip"),
            ("", BROWSER, "text/html; charset=utf-8"),
            ("?format=json", BROWSER, "application/json"),
            ("?format=json-ld", BROWSER, "application/ld+json"),
            ("?format=zip", BROWSER, "application/zip"),
            ("?format=api", "*/*", "text/html; charset=utf-8"),
        ):
            answer = nobody.get(f"{path}{query}", headers={"accept": accept})
            assert answer.status_code == 200
            assert answer["Content-Type"] == media_type, (query, accept)
            body = b"".join(answer) if answer.streaming else answer.content
            if media_type.endswith("json"):
                assert json.loads(body)["@context"][0] == CONTEXT
            elif media_type == "application/zip":
                with zipfile.ZipFile(io.BytesIO(body)) as archive:
                    assert METADATA in archive.namelist()


@pytest.mark.parametrize(
    "path, accept, status",
    [
        ("data-product/{product}/?format=exe", "*/*", 404),
        ("data-product/{product}/?format=csv", "*/*", 404),
        ("data-product/{product}/", "image/png", 406),
        ("data-product/999999/", "*/*", 404),
        ("data-product/999999/?format=zip", "*/*", 404),
        ("code-run/999999999999999999/", "*/*", 404),
        ("data-product/nothing/", "*/*", 404),
        ("data-product/{product}/?depth=0", "*/*", 400),
        ("data-product/{product}/?depth=-1&format=zip", "*/*", 400),
        ("data-product/{product}/?depth=deep&format=json-ld", "*/*", 400),
        ("data-product/{product}/?dept=2", "*/*", 400),
        ("data-product/{product}/?depth=2", "*/*", 200),
        ("data-product/{product}/?depth=", "*/*", 200),
        ("data-product/{product}/?depth=ALL", "*/*", 200),
    ],
)
def test_what_is_nonsense_is_said_in_json(path: str, accept: str, status: int) -> None:
    product = factories.DataProductFactory.create()
    address = f"/api/ro-crate/{path.format(product=product.pk)}"
    answer = Client().get(address, headers={"accept": accept})
    assert answer.status_code == status
    # what is at no address of ours is said by the API, which names its version
    version = "; version=1.1.0" if "nothing" in path else ""
    assert answer["Content-Type"] == f"application/json{version}"
    if status == 400:
        assert set(answer.json()) <= {"depth", "detail"}


def test_exports_are_counted(settings: Settings) -> None:
    settings.THROTTLE_RATES = {**settings.THROTTLE_RATES, "export": (2, 60)}
    product = factories.DataProductFactory.create()
    path = f"/api/ro-crate/data-product/{product.pk}/"
    assert [Client().get(path).status_code for _ in range(3)] == [200, 200, 429]


def test_crates_need_an_account(ada: User) -> None:
    answer = Client().post(
        "/api/ro-crate/", zipped(FILES), content_type="application/zip"
    )
    assert answer.status_code == 403
    assert CodeRun.objects.count() == 0


def test_there_is_no_list_of_crates(ada: User) -> None:
    assert Api(ada).get("/api/ro-crate/").status_code == 405


def send(ada: User, body: bytes, content_type: str) -> Any:
    """POST a crate with a token."""
    return Api(ada).send("POST", "/api/ro-crate/", body, content_type)


def test_a_crate_comes_in_once(ada: User) -> None:
    first = send(ada, zipped(FILES), "application/zip")
    assert first.status_code == 201, first.content
    told = first.json()
    assert set(told) == {"records", "registered", "left_out", "files"}
    run = CodeRun.objects.get()
    address = f"http://testserver/api/code_run/{run.pk}/"
    assert told["records"]["#sorting"] == address
    assert address in told["registered"]
    assert told["records"]["data/sorted.txt"].startswith(
        "http://testserver/api/object/"
    )
    again = send(ada, zipped(FILES), "application/zip")
    assert again.status_code == 200
    assert again.json() == {**told, "registered": [], "files": 0}


def test_what_became_no_record_is_told(ada: User) -> None:
    described = metadata(
        *sorting(), {"@id": "#engine", "@type": "OrganizeAction", "name": "Engine"}
    )
    crate = zipped(
        {**FILES, "extra.txt": b"?", "ro-crate-preview.html": b""}, described
    )
    told = send(ada, crate, "application/zip").json()["left_out"]
    assert [part["where"] for part in told] == ["#engine", "extra.txt"]


def test_what_is_wrong_is_told_by_its_place(ada: User) -> None:
    answer = send(ada, zipped({}), "application/zip")
    assert answer.status_code == 400
    assert set(answer.json()) == {"data/sorted.txt", "data/unsorted.txt"}


@pytest.mark.parametrize(
    "body, content_type, status",
    [
        (b"<xml/>", "text/xml", 415),
        (b"crate=x", "application/x-www-form-urlencoded", 415),
        (b" ", "application/zip", 400),
        (b" ", "application/json", 400),
        # of which the test client says no type
        (b"", "application/zip", 415),
        (b"{}", "application/ld+json", 400),
        (b"\xff", "application/json", 400),
        (b"--x--", "multipart/form-data; boundary=x", 400),
    ],
)
def test_bodies_that_are_no_crate(
    body: bytes, content_type: str, status: int, ada: User
) -> None:
    assert send(ada, body, content_type).status_code == status


@pytest.mark.parametrize("media_type", ["application/zip", *OTHER_ZIP_TYPES])
def test_a_zip_is_taken_under_every_type_that_tools_send(
    media_type: str, ada: User
) -> None:
    answer = send(ada, zipped(FILES), media_type)
    assert answer.status_code == 201, answer.content
    assert CodeRun.objects.count() == 1
    wrong = send(ada, b"%PDF-1.7", media_type)
    assert (wrong.status_code, list(wrong.json())) == (400, ["crate"])


def test_what_is_no_zip_is_told_what_to_send(ada: User) -> None:
    detail = send(ada, b"x", "text/plain").json()["detail"]
    assert "text/plain" in detail
    assert "application/zip, application/json" in detail


def test_a_form_with_the_file_in_another_field_is_told_the_right_one(
    ada: User,
) -> None:
    fields = {"file": io.BytesIO(zipped(FILES))}
    answer = Api(ada).send_multipart("/api/ro-crate/", fields)
    assert answer.status_code == 400
    [message] = json.loads(answer.content)["crate"]
    assert message == (
        "Send the crate, a zip file, in the field 'crate'; this form has it in 'file'."
    )
    assert CodeRun.objects.count() == 0


def test_a_session_needs_its_csrf_token(ada: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(ada)
    answer = browser.post(
        "/api/ro-crate/", zipped(FILES), content_type="application/zip"
    )
    assert answer.status_code == 403
    assert CodeRun.objects.count() == 0


# --- Data extraction ----------------------------------------------------------------


def test_a_supplement_was_extracted() -> None:
    external = factories.ExternalObjectFactory.create(primary_not_supplement=False)
    pk = external.data_product_id
    answer = Client().get(f"/api/data_extraction/{pk}/")
    assert answer.status_code == 200
    base = "http://testserver/api"
    told = answer.json()
    started = told.pop("startTime")
    assert started.endswith("Z")
    assert told == {
        "id": f"{base}/data_extraction/{pk}",
        "name": f"data extraction {pk}",
        "description": "import/extract data from an external source",
        "data_product": f"{base}/data_product/{pk}",
        "external_product": f"{base}/external_object/{external.pk}",
    }


def test_nothing_else_was() -> None:
    product = factories.DataProductFactory.create()
    primary = factories.ExternalObjectFactory.create(primary_not_supplement=True)
    for pk in (product.pk, primary.data_product_id, 999_999):
        answer = Client().get(f"/api/data_extraction/{pk}/")
        assert answer.status_code == 404
        detail = "DataProduct was not derived from an external object"
        assert answer.json() == {"detail": detail}
