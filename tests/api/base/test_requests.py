"""Requests with versions, slashes and bodies of all types."""

from __future__ import annotations

import base64
import json

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from registry.catalogue.models import FileType
from tests.api.client import FORM, HOST, Api, content_of, data_of, path_of
from tests.factories import FileTypeFactory, ObjectFactory, UserFactory
from tests.openapi import openapi_document

pytestmark = pytest.mark.django_db

LIST = "/api/file_type/"
JSON = "application/json"

#: The record types of the contract, and nothing else.
TYPES = [
    "author",
    "author_contact",
    "code_repo_release",
    "code_run",
    "data_product",
    "external_object",
    "file_type",
    "groups",
    "issue",
    "key_value",
    "keyword",
    "licence",
    "namespace",
    "object",
    "object_component",
    "quality_controlled",
    "storage_location",
    "storage_root",
    "user_author",
    "users",
]


@pytest.fixture
def api() -> Api:
    return Api(UserFactory())


# --- the root -------------------------------------------------------------------------


def test_the_root_maps_the_record_types_to_their_addresses() -> None:
    root = data_of(Api().get("/api/"))
    assert root == {name: f"{HOST}/api/{name}/" for name in root}
    assert sorted(root) == TYPES


def test_the_root_follows_the_host_of_the_request() -> None:
    root = data_of(Api().get("/api/", host="localhost:8123"))
    assert root["object"] == "http://localhost:8123/api/object/"


def test_the_type_of_a_record_is_the_longest_key_in_its_url() -> None:
    # clients look for keys in URLs, longest first
    for name in TYPES:
        url = f"{HOST}/api/{name}/7/"
        assert max((key for key in TYPES if key in url), key=len) == name


def test_the_root_refuses_filters(
    api: Api, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        data_of(Api().get("/api/"))
        data_of(Api().call("OPTIONS", "/api/"))
    with django_assert_num_queries(1):
        data_of(api.get("/api/"))


def test_the_root_refuses_unknown_parameters() -> None:
    answer = data_of(Api().get("/api/", {"page": 1}), 400)
    assert answer["detail"].startswith("Invalid query arguments")


def test_username_returns_the_signed_in_account() -> None:
    person = UserFactory()
    shown = data_of(Api(person).get("/api/username/"))
    assert shown == {"username": person.username}
    assert list(data_of(Api().get("/api/username/"), 403)) == ["detail"]


# --- versions and slashes -------------------------------------------------------------


def test_the_version_in_the_accept_header_is_understood(api: Api) -> None:
    for accept in (f"{JSON}; version=1.0.0", f"{JSON};version=1.0.0, */*"):
        data_of(api.get(LIST, accept=accept))
        body = {"name": accept, "extension": "csv"}
        data_of(api.post(LIST, body, accept=accept), 201)


def test_another_version_is_not_acceptable() -> None:
    answer = Api().get(LIST, accept=f"{JSON}; version=2.0.0")
    assert list(data_of(answer, 406)) == ["detail"]


def test_a_missing_slash_is_redirected_only_for_reads(
    api: Api,
) -> None:
    path = path_of(ObjectFactory()).rstrip("/")
    for method in ("GET", "HEAD"):
        answer = api.call(method, path)
        assert (answer.status_code, answer["Location"]) == (301, f"{path}/")
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        refused = data_of(api.call(method, f"{path}?a=b", {}), 404)
        assert f"the {method} to {HOST}{path}/?a=b" in refused["detail"]
    answer = api.get("/api/object?description=a%20b&uuid=")
    assert answer["Location"] == "/api/object/?description=a%20b&uuid="


@pytest.mark.parametrize(
    "path", ["/api/nothing/", "/api/object/7/8/", "/api//", "/api/x"]
)
def test_an_unknown_address_gets_404_in_json(path: str) -> None:
    for method in ("GET", "POST", "OPTIONS", "DELETE"):
        assert list(data_of(Api().call(method, path), 404)) == ["detail"]


# --- what the description promises ----------------------------------------------------


@pytest.mark.parametrize("name", ["fields", "omit", "ordering"])
def test_an_empty_field_name_is_refused(name: str) -> None:
    record = FileTypeFactory()
    for text in (",,,", "name,", ",name", "name,,extension"):
        [message] = data_of(Api().get(LIST, {name: text}), 400)[name]
        assert "choose from" in message
    data_of(Api().get(LIST, {name: ""}))
    data_of(Api().get(LIST, {name: "name,extension"}))
    if name != "ordering":
        assert name in data_of(Api().get(path_of(record), {name: ",,,"}), 400)


def _described(name: str, field: str) -> dict[str, object]:
    document = openapi_document()
    described: dict[str, object] = document["components"]["schemas"][name]
    return described["properties"][field]  # type: ignore[index, no-any-return]


@pytest.mark.slow
def test_stored_invalid_uris_have_no_uri_format(api: Api) -> None:
    root = "file:///home/Anna B/data/"
    made = data_of(api.post("/api/storage_root/", {"root": root}), 201)
    assert made["root"] == root
    website = "https://exämple.org/a{b}"
    body = {"name": "mine", "website": website}
    assert data_of(api.post("/api/namespace/", body), 201)["website"] == website
    for name, field in (("StorageRoot", "root"), ("Namespace", "website")):
        assert not {"format", "pattern"} & set(_described(name, field))
        assert _described(f"{name}Request", field)["format"] == "uri"


@pytest.mark.slow
def test_a_lockout_matches_the_description() -> None:
    person = UserFactory()
    given = base64.b64encode(f"{person.username}:wrong".encode()).decode()
    answers = [Api().get(LIST, authorization=f"Basic {given}") for _ in range(11)]
    assert "15 minutes" in data_of(answers[-1], 429)["detail"]
    document = openapi_document()
    described = document["components"]["responses"]["TooManyRequests"]
    assert "too many wrong passwords" in described["description"]
    assert set(described["headers"]) <= set(answers[-1].headers)
    operation = document["paths"]["/api/file_type/"]["get"]["responses"]
    assert "429" in operation


# --- bodies ---------------------------------------------------------------------------


NO_JSON = (
    b"{",
    b"{'name': 'a'}",
    b'{"name": "a",}',
    b'{"name": NaN}',
    b'{"name": "\xff"}',
    b'{"name": "\\ud800"}',
    b"\x00",
    b"[" * 100_000,
    b'{"a":' * 100_000,
)


def test_invalid_json_is_refused(api: Api) -> None:
    for body in NO_JSON:
        answer = api.send("POST", LIST, body, JSON)
        assert list(data_of(answer, 400)) == ["detail"], body[:100]
    assert not FileType.objects.exists()


@pytest.mark.parametrize("depth", [100, 300, 900, 1000, 1020])
@pytest.mark.parametrize("key", ["", "run-1"], ids=["plain", "with key"])
def test_deeply_nested_json_is_refused(api: Api, depth: int, key: str) -> None:
    deep = "[" * depth + "]" * depth
    for path, field in (
        ("/api/object/", "unknown"),
        ("/api/object/", "authors"),
        ("/api/object/", "storage_location"),
        ("/api/object/", "uuid"),
        ("/api/issue/", "severity"),
        ("/api/storage_root/", "local"),
        ("/api/code_run/", "run_date"),
        (LIST, "name"),
    ):
        body = f'{{"{field}": {deep}}}'.encode()
        given = key and f"{key} {path} {field}"
        answer = api.send("POST", path, body, JSON, idempotency_key=given)
        assert answer.status_code in {201, 400}, field


def test_an_unknown_media_type_gets_415(api: Api) -> None:
    for media_type in ("text/plain", "application/xml", "application/octet-stream"):
        answer = api.send("POST", LIST, b"name=a", media_type)
        assert list(data_of(answer, 415)) == ["detail"]


def test_an_empty_body_is_an_empty_record(api: Api) -> None:
    for media_type in (JSON, FORM, ""):
        answer = api.send("POST", LIST, b"", media_type)
        assert set(data_of(answer, 400)) == {"name", "extension"}


def test_a_body_beyond_the_limit_is_refused(api: Api, settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    body = json.dumps({"name": "a" * 1000, "extension": "csv"}).encode()
    answer = api.send("POST", LIST, body, JSON)
    assert list(data_of(answer, 413)) == ["detail"]
    form = f"name={'a' * 1000}&extension=csv".encode()
    assert list(data_of(api.send("POST", LIST, form, FORM), 413)) == ["detail"]
    assert not FileType.objects.exists()


def test_texts_are_kept_as_they_were_sent(api: Api) -> None:
    for text in (
        " a  b ",
        "a\nb\r\n\tc",
        "🐧 数 é e\u0301",
        "<b>&amp;\"'",
        "\u2028\ufeff",
    ):
        body = {"description": text}
        assert data_of(api.post("/api/object/", body), 201)["description"] == text
        [found] = data_of(api.get("/api/object/", body))["results"]
        assert found["description"] == text


def test_a_blank_text_is_refused_where_one_is_required(api: Api) -> None:
    messages = data_of(api.post(LIST, {"name": "", "extension": ""}), 400)
    assert set(messages) == {"name", "extension"}


def test_the_case_of_the_media_type_does_not_matter(api: Api) -> None:
    body = json.dumps({"name": "a", "extension": "b"}).encode()
    answer = api.send("POST", LIST, body, "Application/JSON; charset=UTF-8")
    data_of(answer, 201)


def test_an_unknown_method_is_refused(api: Api) -> None:
    for method in ("TRACE", "FOO"):
        assert list(data_of(api.call(method, LIST), 405)) == ["detail"]


def test_head_has_no_body(api: Api) -> None:
    record = FileTypeFactory()
    for path in (LIST, path_of(record)):
        answer = api.call("HEAD", path)
        assert (answer.status_code, content_of(answer)) == (200, b"")


def test_a_query_that_is_not_utf_8_finds_nothing_or_is_refused() -> None:
    for query in ("name=%ff", "name=%ed%a0%80", "uuid=%ff", "%ff=1"):
        answer = Api().get(f"/api/author/?{query}")
        assert answer.status_code in {200, 400}
