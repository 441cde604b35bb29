"""Every operation of the OpenAPI description against a real registry.

schemathesis makes requests from the description, sound ones and unsound ones. No
answer may be a failure of the server, nor one that the description does not foresee.
The suite sends few requests an operation, the same ones every time. For a long look:

    REQUESTS_PER_OPERATION=150 python -m pytest tests/api/test_every_operation.py
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
import yaml
from hypothesis import HealthCheck, settings
from schemathesis.checks import CheckContext
from schemathesis.config import SchemathesisConfig
from schemathesis.core import NOT_SET
from schemathesis.core.failures import AcceptedNegativeData
from schemathesis.core.transport import Response
from schemathesis.generation.case import Case as AnyCase
from schemathesis.specs.openapi.checks import negative_data_rejection

from tests.plugins.server import LiveRegistry, StartRegistry

FILE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "openapi.yaml"
SCHEMAS: dict[str, Any] = yaml.safe_load(FILE.read_bytes())["components"]["schemas"]

REQUESTS = int(os.environ.get("REQUESTS_PER_OPERATION", "6"))
IS_LONG = REQUESTS > 10

api = schemathesis.openapi.from_path(
    FILE,
    config=SchemathesisConfig.from_dict(
        {
            # requests at the edges of every parameter are many
            "phases": {"coverage": {"enabled": IS_LONG}},
            # a null character is refused in every text, which no schema says
            "generation": {"allow-x00": False, "with-security-parameters": False},
            "checks": {
                # these two are looked at below, with what a schema cannot say
                "negative_data_rejection": {"enabled": False},
                "positive_data_acceptance": {"enabled": False},
                # whoever guesses at passwords is soon locked out: 429
                "ignored_auth": {"enabled": False},
            },
        }
    ),
)


@schemathesis.serializer("application/zip")
def as_zip(context: Any, value: Any) -> bytes:
    """Send what was made up for a zip as it is."""
    return value if isinstance(value, bytes) else str(value).encode()


sends = settings(
    max_examples=REQUESTS,
    derandomize=not IS_LONG,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)

Case = AnyCase[Any]

#: Fields and filters that are links.
LINKS = {
    name
    for schema in SCHEMAS.values()
    for name, field in schema.get("properties", {}).items()
    if "Link'" in str(field) or "/api/" in str(field.get("example"))
}


@pytest.fixture(scope="module")
def registry(start_registry: StartRegistry) -> LiveRegistry:
    """Return a registry of its own, with records to read and change."""
    return start_registry(example=True)


@pytest.fixture(scope="module")
def signed_in(registry: LiveRegistry) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.headers["Authorization"] = f"token {registry.token()}"
        yield session


@pytest.fixture(scope="module")
def nobody() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


@api.parametrize()
@sends
def test_operations_with_an_account(
    case: Case, registry: LiveRegistry, signed_in: requests.Session
) -> None:
    call(case, registry, signed_in)


@api.parametrize()
@sends
def test_operations_without_an_account(
    case: Case, registry: LiveRegistry, nobody: requests.Session
) -> None:
    answer = call(case, registry, nobody)
    if case.method in {"POST", "PUT", "PATCH", "DELETE"}:
        assert answer.status_code >= 400


def call(case: Case, registry: LiveRegistry, session: requests.Session) -> Response:
    """Send the request and look at the answer."""
    use_existing_records(case)
    return case.call_and_validate(registry.url, session, additional_checks=OURS)


def use_existing_records(case: Case) -> None:
    """Turn ids and links, most of which would lead nowhere, into those of records."""
    if isinstance(case.path_parameters.get("id"), int):
        case.path_parameters["id"] = _known(case.path_parameters["id"])
    body: Any = case.body
    for record in body if isinstance(body, list) else [body]:
        if isinstance(record, dict):
            record.update(
                {k: _with_existing_records(v) for k, v in record.items() if k in LINKS}
            )
    if isinstance(body, dict) and case.media_type != "application/json":
        # forms have no null
        for name in [k for k, v in body.items() if v is None]:
            del body[name]


#: The id within a link.
NUMBER = re.compile(r"(?:(?<=/)|^)[0-9]+(?=/?$)")


def _with_existing_records(value: Any) -> Any:
    match value:
        case bool():
            return value
        case int() if 0 < value < 2**63:
            return _known(value)
        case str():
            return NUMBER.sub(lambda found: str(_known(int(found[0]))), value)
        case list():
            return [_with_existing_records(item) for item in value]
    return value


def _known(number: int) -> int:
    return 1 + number % 4


def check_all_fields(
    context: CheckContext, response: Response, case: Case
) -> bool | None:
    """Look for missing fields, which `fields` and `omit` alone explain, and others."""
    query = case.query or {}
    chosen = (
        query.get("fields")
        or query.get("omit")
        # then the first request with this key may have chosen
        or "idempotent-replayed" in response.headers
        or case.method == "OPTIONS"
    )
    is_json = "application/json" in response.headers.get("content-type", [])
    tag = (case.operation.tags or [""])[0]
    expected = set(SCHEMAS.get(_component(tag), {}).get("properties", ()))
    if chosen or not is_json or response.status_code >= 300 or not expected:
        return None
    body = response.json()
    records = body.get("results", [body]) if isinstance(body, dict) else body
    for record in records:
        assert set(record) == expected, f"{set(record) ^ expected} of {tag}"
    return None


def _component(tag: str) -> str:
    """Name the schema of a record type."""
    return {"users": "User", "groups": "Group"}.get(tag) or tag.title().replace("_", "")


#: What JSON Schema cannot say, or says at too great length.
REASONS = re.compile(
    r"does not exist\.$"
    r"|^Null characters are not allowed\.$"
    r"|^Datetime value out of range\.$"
    r"|bytes in UTF-8"
    r"|^Give a name or an identifier, or both\.$"
    r"|^Give an identifier \(a URL\), or both alternate_identifier and"
    r"|^A run cannot end before its run_date\.$"
    r"|^Say why"
    r"|^Enter the hash without spaces\.$"
    r"|^Enter a URL such as"
    r"|^Enter a URI such as"
    r"|^The host of this URI cannot be read\."
    r"|^A storage root is public: take the user name and password out of it\."
    r"|^This is no zip archive"
    r"|^Give a JSON object with @context and a list as @graph\.$"
    r"|^The @context is not that of RO-Crate"
    r"|^An entity (is an object with an @id|has a @type)\.$"
    r"|^Two entities have this @id\.$"
    r"|^No entity has the @id"
    # of PROV-JSON: names have prefixes, and relations what they relate
    r"|^The document says nothing of its own\.$"
    r"|is not declared in \$\.prefix\.$"
    r"|has no prefix, and there is no default namespace\.$"
    r"|^prov:\w+ is missing\.$"
    r"|^Give the identifier of an element\.$"
)


def check_refused_valid_request(
    context: CheckContext, response: Response, case: Case
) -> bool | None:
    """Look why a request that the description allows was refused all the same."""
    is_sound = case.meta is not None and case.meta.generation.mode.is_positive
    is_json = "application/json" in response.headers.get("content-type", [])
    if is_sound and is_json and response.status_code == 400:
        unexplained = [m for m in _messages(response.json()) if not REASONS.search(m)]
        assert not unexplained, f"refused, though sound: {unexplained}"
    return None


def _messages(body: Any) -> Iterator[str]:
    match body:
        case str():
            yield body
        case list():
            for item in body:
                yield from _messages(item)
        case dict():
            yield from _messages(list(body.values()))


#: Numbers are taken for texts, and texts for numbers and booleans, where they read
#: as such; one value is taken for a list of one.
TAKEN = re.compile(
    r"violates `type` at .*\((was string, became (number|integer)"
    r"|was (number|integer|boolean), became string|was array, became \w+)\)"
)


def check_accepted_invalid_request(
    context: CheckContext, response: Response, case: Case
) -> bool | None:
    """Look whether a body that the description does not allow was accepted."""
    # forms have no types, and what is no form at all is an empty one
    if case.body is NOT_SET or case.media_type != "application/json":
        return None
    try:
        return negative_data_rejection(context, response, case)
    except AcceptedNegativeData as failure:
        violations = re.findall(r".* violates .*", failure.message)
        if "in body" in failure.message and not all(map(TAKEN.search, violations)):
            raise
    return None


OURS: list[Any] = [
    check_all_fields,
    check_refused_valid_request,
    check_accepted_invalid_request,
]
