"""The OpenAPI description: complete, the same everywhere, and as committed."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.core.management import call_command
from django.test import Client

from registry.api import urls
from registry.api.documentation import views as documentation
from tests.api.client import Api
from tests.factories import UserFactory
from tests.openapi import FILE, load_yaml, openapi_document

METHODS = {"list", "create", "retrieve", "update", "partial_update", "destroy"}


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    return openapi_document()


@pytest.fixture(scope="module")
def operations(description: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        operation
        for operations in description["paths"].values()
        for operation in operations.values()
    ]


@pytest.mark.slow
def test_the_committed_file_is_current(tmp_path: Path) -> None:
    """`make openapi` writes it anew."""
    written = tmp_path / "openapi.yaml"
    call_command("spectacular", "--validate", "--fail-on-warn", file=str(written))
    assert written.read_bytes() == FILE.read_bytes()


@pytest.mark.slow
def test_the_description_names_no_host(description: dict[str, Any]) -> None:
    assert "servers" not in description
    text = FILE.read_text(encoding="utf-8")
    assert not re.search(r"127\.0\.0\.1|localhost|testserver|:[0-9]{4}\b", text)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "query,media_type",
    [
        ("", "application/json"),
        ("?format=json", "application/json"),
        ("?format=yaml", "application/yaml"),
    ],
)
@pytest.mark.slow
def test_the_description_is_served(
    client: Client, description: dict[str, Any], query: str, media_type: str
) -> None:
    answer = client.get(f"/api/schema/{query}", headers={"accept": "*/*"})
    assert answer.status_code == 200
    assert answer["Content-Type"] == f"{media_type}; charset=utf-8"
    assert load_yaml(answer.content) == description


@pytest.mark.django_db
def test_openapi_media_types_are_accepted(client: Client) -> None:
    for media_type in (
        "application/vnd.oai.openapi+json",
        "application/vnd.oai.openapi",
    ):
        answer = client.get("/api/schema/", headers={"accept": media_type})
        assert answer["Content-Type"].startswith(f"{media_type};")


def test_every_record_type_is_described(description: dict[str, Any]) -> None:
    for name in urls.router.names:
        assert {f"/api/{name}/", f"/api/{name}/{{id}}/"} <= set(description["paths"])


@pytest.mark.slow
def test_every_tag_has_a_description(
    description: dict[str, Any], operations: list[dict[str, Any]]
) -> None:
    described = {tag["name"]: tag["description"] for tag in description["tags"]}
    assert all(described.values())
    assert {tag for operation in operations for tag in operation["tags"]} == set(
        described
    )
    assert set(urls.router.names) <= set(described)


def test_every_operation_has_a_readable_name(operations: list[dict[str, Any]]) -> None:
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names))
    for kind in urls.router.names:
        assert f"{kind}_list" in names
    assert "code_run_destroy" in names
    assert all(operation["summary"] for operation in operations)


def test_every_parameter_field_and_header_has_a_description(
    description: dict[str, Any], operations: list[dict[str, Any]]
) -> None:
    components = description["components"]
    parameters = [
        parameter
        for operation in operations
        for parameter in operation.get("parameters", ())
        if "$ref" not in parameter
    ] + list(components["parameters"].values())
    assert all(parameter["description"] for parameter in parameters)
    assert all(header["description"] for header in components["headers"].values())
    for name, schema in components["schemas"].items():
        for field, described in schema.get("properties", {}).items():
            assert field == "detail" or described.get("description"), f"{name}.{field}"


#: What even reading needs an account for.
#: Files of tasks, for the executors that have them.
INPUT = "/api/attempt/input/{lease}/{sha1}"
PRIVATE = {"users", "groups", "username", "event", "role_request", "check-access"}


def test_only_writing_requires_an_account(
    description: dict[str, Any],
) -> None:
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            ways = operation.get("security", [{}])
            is_open = {} in ways
            private = path.split("/")[2] in PRIVATE or path == INPUT
            assert is_open == (method == "get" and not private) or ways == [{}], path


def test_the_schemes_are_those_of_the_contract(description: dict[str, Any]) -> None:
    schemes = description["components"]["securitySchemes"]
    assert set(schemes) == {"token", "bearer", "basic", "session"}


def test_only_json_can_have_several_records(description: dict[str, Any]) -> None:
    content = description["paths"]["/api/keyword/"]["post"]["requestBody"]["content"]
    one, many = content["application/json"]["schema"]["oneOf"]
    assert many["items"] == one
    assert many["maxItems"] == 10_000
    assert content["multipart/form-data"]["schema"] == one


def test_the_put_of_an_object_can_set_its_location(description: dict[str, Any]) -> None:
    put = description["paths"]["/api/object/{id}/"]["put"]
    place, _ = put["requestBody"]["content"]["application/json"]["schema"]["anyOf"]
    schema = description["components"]["schemas"][place["$ref"].rpartition("/")[2]]
    assert set(schema["required"]) == {"path", "hash", "storage_root"}
    assert {"200", "201"} <= set(put["responses"])


@pytest.mark.django_db
def test_only_the_page_of_the_root_lists_the_description(client: Client) -> None:
    root = client.get("/api/", headers={"accept": "application/json"}).json()
    assert set(root) == set(urls.router.root_names)
    page = client.get("/api/", headers={"accept": "text/html"})
    links = {a.get("href") for a in BeautifulSoup(page.content, "html.parser")("a")}
    assert {"docs/", "redoc/", "schema/", "username/"} <= links
    assert {f"{name}/" for name in urls.router.names_outside_root} <= links


@pytest.mark.django_db
@pytest.mark.slow
def test_every_described_form_of_a_link_is_accepted(
    description: dict[str, Any],
) -> None:
    api = Api(UserFactory.create())
    thing = json.loads(api.post("/api/object/", {"description": "thing"}).content)
    path = thing["url"].removeprefix("http://testserver")
    ways = description["components"]["schemas"]["ObjectLink"]["anyOf"]
    pattern = re.compile(ways[0]["pattern"])
    for number, way in enumerate(
        [thing["url"], path, thing["uuid"], path.split("/")[3]]
    ):
        assert pattern.search(way) or way == thing["uuid"]
        body = {"object": way, "keyphrase": f"word {number}"}
        answer = api.post("/api/keyword/", body)
        assert answer.status_code == 201, answer.content


def test_simultaneous_requests_get_the_same_description() -> None:
    documentation._generated.cache_clear()
    with ThreadPoolExecutor(8) as threads:
        asked = [threads.submit(documentation._description) for _ in range(8)]
        descriptions = [one.result() for one in asked]
    assert all(one is descriptions[0] for one in descriptions)
