"""All surfaces limit the bodies of requests."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from pytest_django import Settings

from registry.catalogue.models import FileType, Namespace
from registry.http.bodies import MAX_FORM_BYTES, SMALL_BODY_BYTES
from registry.identity.models import User
from tests.api.client import FORM, Api, data_of
from tests.factories import UserFactory
from tests.web.pages import main_of, words_of

pytestmark = pytest.mark.django_db

JSON = "application/json"
TYPES = "/api/file_type/"
OAUTH = (
    "/o/token",
    "/o/revoke",
    "/o/introspect",
    "/o/device-authorization",
    "/auth/realms/registry/protocol/openid-connect/token",
)
BODY = {"name": "Comma-separated values", "extension": "csv"}


@pytest.fixture
def person() -> User:
    made: User = UserFactory.create()
    return made


@pytest.fixture
def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def _send(
    client: Any, path: str, body: bytes, media_type: str, **environ: Any
) -> HttpResponse:
    """Send POST with a given WSGI environment, as a server does."""
    given = {"wsgi.input": io.BytesIO(body), **environ}
    answer: HttpResponse = client.generic("POST", path, body, media_type, **given)
    return answer


def _file(size: int) -> SimpleUploadedFile:
    return SimpleUploadedFile("data.bin", b"x" * size)


# --- files ----------------------------------------------------------------------------


@pytest.fixture
def no_disk(settings: Settings, tmp_path: Path) -> None:
    """Fail the test if the file of a form is written to disk."""
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path / "nothing")


@pytest.mark.parametrize("size", [1, 3_000_000])
@pytest.mark.usefixtures("no_disk")
def test_an_unexpected_file_is_rejected(
    signed_in: Client, person: User, size: int
) -> None:
    form = {"name": "mine", "attached": _file(size)}
    main = main_of(signed_in.post("/namespace/new/", form), 400)
    assert "attached: No file is expected here." in words_of(main)
    answer = Api(person).send_multipart("/api/namespace/", form)
    [message] = data_of(answer, 400)["attached"]
    assert message.startswith("No file is expected here. Files are uploaded in two")
    assert not Namespace.objects.exists()


@pytest.mark.usefixtures("no_disk")
def test_the_csrf_check_writes_no_file(person: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(person)
    # the page gives the cookie that the check looks for first
    client.get("/namespace/new/")
    for path in ("/namespace/new/", "/get-token", "/admin/login/", "/sign-out"):
        main_of(client.post(path, {"attached": _file(3_000_000)}), 400)
    # a session of a signed_in that asks the API
    answer: Any = client.post("/api/namespace/", {"attached": _file(3_000_000)})
    [message] = data_of(answer, 400)["attached"]
    assert message.startswith("No file is expected here. Files are uploaded in two")


@pytest.mark.usefixtures("no_disk")
def test_files_of_anonymous_users_are_not_written_to_disk() -> None:
    client = Client(enforce_csrf_checks=True)
    for path in ("/crates/", "/sign-in", "/device"):
        main_of(client.post(path, {"crate": _file(3_000_000)}), 413)
    answer: Any = client.post("/api/ro-crate/", {"crate": _file(3_000_000)})
    data_of(answer, 403)


def test_a_crate_is_accepted_as_a_file(signed_in: Client, person: User) -> None:
    for answer in (
        signed_in.post("/crates/", {"crate": _file(3_000_000)}),
        Api(person).send_multipart("/api/ro-crate/", {"crate": _file(3_000_000)}),
    ):
        assert answer.status_code == 400
        assert b"This is no zip archive" in answer.content


def test_a_form_without_files_can_be_multipart(person: User) -> None:
    data_of(Api(person).send_multipart(TYPES, BODY), 201)


# --- sizes ----------------------------------------------------------------------------


def test_forms_of_anonymous_users_must_be_small(signed_in: Client) -> None:
    long = {"username": "x" * SMALL_BODY_BYTES}
    for path in ("/sign-in", "/device", "/namespace/new/", "/get-token"):
        body = urlencode(long).encode()
        main_of(_send(Client(), path, body, FORM), 413)
    form = {"name": "long", "full_name": "x" * SMALL_BODY_BYTES}
    main_of(signed_in.post("/namespace/new/", form), 400)


def test_forms_of_authenticated_users_are_limited_too(
    signed_in: Client, person: User
) -> None:
    length = {"CONTENT_LENGTH": str(MAX_FORM_BYTES + 1)}
    main_of(_send(signed_in, "/namespace/new/", b"x", FORM, **length), 413)
    answer = _send(Api(person)._client, TYPES, b"x", FORM, **length)
    assert list(data_of(answer, 413)) == ["detail"]


def test_a_form_can_have_a_thousand_fields(signed_in: Client, person: User) -> None:
    many = {f"field-{n}": "x" for n in range(1001)}
    assert data_of(Api(person).send_form("POST", TYPES, many), 400) == {
        "detail": "The form has too many fields."
    }
    answer = Api(person).send_multipart(TYPES, many)
    assert data_of(answer, 400) == {"detail": "The form has too many fields."}
    main = main_of(signed_in.post("/namespace/new/", many), 400)
    assert "The form has too many fields." in words_of(main)


@pytest.mark.parametrize("path", OAUTH)
def test_oauth_accepts_only_small_forms(path: str, signed_in: Client) -> None:
    for client in (Client(), signed_in):
        for body, media_type in (
            (b"{}", JSON),
            (encode_multipart(BOUNDARY, {"a": "b"}), MULTIPART_CONTENT),
            (encode_multipart(BOUNDARY, {"a": _file(9)}), MULTIPART_CONTENT),
            (b"a=b", "text/plain"),
        ):
            answer = data_of(_send(client, path, body, media_type), 400)
            assert answer["error"] == "invalid_request"
            assert "x-www-form-urlencoded" in answer["error_description"]
        large = urlencode({"token": "x" * SMALL_BODY_BYTES}).encode()
        assert data_of(_send(client, path, large, FORM), 413) == {
            "error": "invalid_request",
            "error_description": "The body is too large.",
        }


# --- bodies that break off ------------------------------------------------------------


@pytest.mark.parametrize("media_type", [JSON, FORM, MULTIPART_CONTENT])
def test_an_incomplete_record_is_not_stored(person: User, media_type: str) -> None:
    body = {
        JSON: json.dumps(BODY).encode(),
        FORM: urlencode(BODY).encode(),
        MULTIPART_CONTENT: encode_multipart(BOUNDARY, BODY),
    }[media_type]
    api = Api(person)._client
    length = {"CONTENT_LENGTH": str(len(body) + 1)}
    answer = data_of(_send(api, TYPES, body, media_type, **length), 400)
    assert answer == {
        "detail": "The body is shorter than its Content-Length; nothing was stored."
    }
    assert not FileType.objects.exists()
    data_of(_send(api, TYPES, body, media_type), 201)


def test_an_incomplete_form_is_not_stored(signed_in: Client) -> None:
    body = urlencode({"name": "mine", "full_name": "Mine, and that of oth"}).encode()
    length = {"CONTENT_LENGTH": str(len(body) + 3)}
    main = main_of(_send(signed_in, "/namespace/new/", body, FORM, **length), 400)
    assert "shorter than its Content-Length" in words_of(main)
    assert not Namespace.objects.exists()


def test_an_incomplete_token_request_gets_an_oauth_error() -> None:
    body = b"grant_type=refresh_token&refresh_token=ab"
    answer = _send(Client(), "/o/token", body, FORM, CONTENT_LENGTH=str(len(body) + 9))
    assert data_of(answer, 400)["error"] == "invalid_request"


def test_an_incomplete_crate_or_document_is_not_stored(person: User) -> None:
    api = Api(person)._client
    body = b'{"@context": "https://w3id.org/ro/crate/1.1/context", "@graph": []}'
    for path in ("/api/ro-crate/", "/api/prov/"):
        answer = _send(api, path, body, JSON, CONTENT_LENGTH=str(len(body) + 1))
        assert "shorter than" in data_of(answer, 400)["detail"], path


# --- bodies that are compressed -------------------------------------------------------


@pytest.mark.parametrize("path", [TYPES, "/api/ro-crate/", "/api/prov/"])
@pytest.mark.parametrize("coding", ["gzip", "br", "identity, GZIP"])
def test_a_compressed_body_is_rejected_with_415(
    person: User, path: str, coding: str
) -> None:
    body = gzip.compress(json.dumps(BODY).encode())
    api = Api(person)._client
    answer = _send(api, path, body, JSON, HTTP_CONTENT_ENCODING=coding)
    assert "no Content-Encoding" in data_of(answer, 415)["detail"]
    assert answer["Accept-Encoding"] == "identity"
    assert not FileType.objects.exists()


def test_content_encoding_identity_is_accepted(person: User) -> None:
    body, api = json.dumps(BODY).encode(), Api(person)._client
    data_of(_send(api, TYPES, body, JSON, HTTP_CONTENT_ENCODING="Identity"), 201)


# --- bodies in chunks -----------------------------------------------------------------


def _chunked(client: Any, path: str, body: bytes, media_type: str, **more: Any) -> Any:
    """Send POST with a chunked body, as a server passes it on."""
    chunked = {"HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": ""}
    return _send(client, path, body, media_type, **chunked, **more)


ENDS = {"wsgi.input_terminated": True}


def test_a_chunked_body_is_read_if_the_server_decodes_it(
    signed_in: Client, person: User
) -> None:
    api = Api(person)._client
    data_of(_chunked(api, TYPES, json.dumps(BODY).encode(), JSON, **ENDS), 201)
    other = urlencode({"name": "Tabs", "extension": "tsv"}).encode()
    data_of(_chunked(api, TYPES, other, FORM, **ENDS), 201)
    assert FileType.objects.count() == 2
    form = urlencode({"name": "mine"}).encode()
    answer = _chunked(signed_in, "/namespace/new/", form, FORM, **ENDS)
    assert answer.status_code == 302
    assert Namespace.objects.get().name == "mine"
    refused = _chunked(Client(), "/o/token", b"grant_type=nothing", FORM, **ENDS)
    assert data_of(refused, 400)["error"] == "unsupported_grant_type"


def test_a_chunked_body_that_is_not_decoded_gets_411(
    signed_in: Client, person: User
) -> None:
    body = json.dumps(BODY).encode()
    answer = _chunked(Api(person)._client, TYPES, body, JSON)
    assert "Content-Length" in data_of(answer, 411)["detail"]
    main_of(_chunked(signed_in, "/namespace/new/", b"name=a", FORM), 411)
    assert data_of(_chunked(Client(), "/o/token", b"a=b", FORM), 411)["error"]
    assert not FileType.objects.exists()
    assert not Namespace.objects.exists()


def test_a_chunked_body_has_a_limit(
    signed_in: Client, person: User, settings: Settings
) -> None:
    long = urlencode({"name": "x" * SMALL_BODY_BYTES}).encode()
    main_of(_chunked(Client(), "/sign-in", long, FORM, **ENDS), 413)
    assert data_of(_chunked(Client(), "/o/token", long, FORM, **ENDS), 413)["error"]
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    body = json.dumps({**BODY, "name": "a" * 1000}).encode()
    data_of(_chunked(Api(person)._client, TYPES, body, JSON, **ENDS), 413)
    assert not FileType.objects.exists()
