"""What the operations share: error bodies, headers, and the answers made of them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.plumbing import get_doc

Schema = dict[str, Any]

OVERVIEW = """
**Formats.** Answers are JSON, unless `Accept` or `?format=` asks for `csv`, or for
`api`, which is a page for a browser. Times are ISO 8601 in UTC.

**Versions.** This describes version 1.1.0, which is the answer unless another is asked
for. With `Accept: application/json; version=1.0.0` the lists of an object's components,
data products, licences and keywords, and of a component's issues, are complete, and the
addresses beside them (such as `keywords_url`) are absent.

**Links** between records are read as URLs. They may be written as a URL (whatever host
it names) or a path, as the id, or as the UUID of a record that has one.

**Signing in.** Everybody may read, except accounts and groups; writing needs an
account. A request without credentials that needs some is answered with 403, wrong
credentials with 401.

**OPTIONS** on every address tells its filters and, when signed in, the fields of a
record. A missing slash at the end of an address is redirected, for reading.
"""


def reference(group: str, name: str) -> dict[str, str]:
    """Refer to a shared part."""
    return {"$ref": f"#/components/{group}/{name}"}


def bodies(schema: Schema) -> dict[str, Schema]:
    """Describe a body in each of the formats; JSON alone has a schema worth telling."""
    text: Schema = {"type": "string"}
    return {
        "application/json": {"schema": schema},
        "text/csv": {"schema": text},
        "text/html": {"schema": text},
    }


_DETAIL = reference("schemas", "Detail")
_FIELD_ERRORS = reference("schemas", "FieldErrors")
_DUPLICATE = reference("schemas", "Duplicate")
_MESSAGES: Schema = {"type": "array", "items": {"type": "string"}}

SCHEMAS: dict[str, Schema] = {
    "Detail": {
        "type": "object",
        "description": "What went wrong, in one sentence.",
        "required": ["detail"],
        "properties": {"detail": {"type": "string"}},
    },
    "FieldErrors": {
        "type": "object",
        "description": "What is wrong, by field or query parameter.",
        "additionalProperties": _MESSAGES,
    },
    "Duplicate": {
        "type": "object",
        "description": "What clashes, and the record that is there already.",
        "required": ["detail"],
        "properties": {
            "detail": {"type": "string"},
            "url": {
                "type": "string",
                "format": "uri",
                "description": "The record that has these values already.",
            },
        },
    },
}

_EITHER = [_FIELD_ERRORS, _DETAIL]
_BY_ROW: Schema = {
    "type": "array",
    "description": "Of many records: the errors of each, empty for those without.",
    "items": {"anyOf": [*_EITHER, _DUPLICATE]},
}

HEADERS: dict[str, Schema] = {
    name: {"description": description, "required": required, "schema": schema}
    for name, description, required, schema in (
        (
            "RateLimit-Limit",
            "Requests that are allowed in a window of time.",
            True,
            {"type": "integer", "minimum": 1},
        ),
        (
            "RateLimit-Remaining",
            "Requests that are left in this window.",
            True,
            {"type": "integer", "minimum": 0},
        ),
        (
            "RateLimit-Reset",
            "Seconds until the next window.",
            True,
            {"type": "integer", "minimum": 1},
        ),
        (
            "X-Request-Id",
            "The request's name in the log of the registry.",
            True,
            {"type": "string"},
        ),
        (
            "Retry-After",
            "Seconds after which to try again.",
            True,
            {"type": "integer", "minimum": 1},
        ),
        (
            "WWW-Authenticate",
            "How to sign in.",
            True,
            {"type": "string"},
        ),
        (
            "ETag",
            "The state of the record, for `If-Match`.",
            True,
            {"type": "string"},
        ),
        (
            "ETagOfOne",
            "The state of the new record, for `If-Match`; of many there is none.",
            False,
            {"type": "string"},
        ),
        (
            "LocationOfOne",
            "Address of the new record; of many there is none.",
            False,
            {"type": "string", "format": "uri"},
        ),
        (
            "Location",
            "Address of the record.",
            True,
            {"type": "string", "format": "uri"},
        ),
        (
            "Idempotent-Replayed",
            "`true` where this answer was given before, to the same Idempotency-Key.",
            False,
            {"type": "string"},
        ),
    )
}

#: On every answer.
_ALWAYS = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "X-Request-Id")


def headers(*names: str) -> dict[str, Any]:
    """Refer to the headers that every answer has, and to further ones."""
    return {
        name.removesuffix("OfOne"): reference("headers", name)
        for name in (*_ALWAYS, *names)
    }


def _answer(description: str, schema: Schema, *names: str) -> Schema:
    return {
        "description": description,
        "headers": headers(*names),
        "content": bodies(schema),
    }


#: In place of 204, which has no content, where a page is asked for.
NOTHING_LEFT: Schema = {
    "description": "The same, as a page for a browser.",
    "headers": headers(),
    "content": {"text/html": {"schema": {"type": "string"}}},
}

RESPONSES: dict[str, Schema] = {
    "BadRequest": _answer("Something in the request is wrong.", {"anyOf": _EITHER}),
    "BadRequestForMany": _answer(
        "Something in the request is wrong; nothing was stored.",
        {"anyOf": [*_EITHER, _BY_ROW]},
    ),
    "Unauthorized": _answer(
        "The credentials are wrong, expired or revoked.", _DETAIL, "WWW-Authenticate"
    ),
    "Forbidden": _answer(
        "Credentials are missing, or these do not allow the request.", _DETAIL
    ),
    "NotFound": _answer("There is no such record, format or cursor.", _DETAIL),
    "NotAcceptable": _answer("No answer has a type that `Accept` names.", _DETAIL),
    "Conflict": _answer(
        "The request does not fit what is on record: the same unique values, or a "
        "change of something that others refer to.",
        _DUPLICATE,
    ),
    "ConflictForMany": _answer(
        "The same unique values are on record already; nothing was stored. Or a "
        "request with this Idempotency-Key is still at work.",
        {"anyOf": [_DUPLICATE, _BY_ROW]},
    ),
    "PreconditionFailed": _answer(
        "The record has changed since the state that `If-Match` names.", _DETAIL
    ),
    "ContentTooLarge": _answer("The body is too large.", _DETAIL),
    # by the server itself, which knows of no other forms
    "UriTooLong": {
        "description": "The address, with its query, has more than 8190 bytes.",
        "content": {"application/json": {"schema": _DETAIL}},
    },
    "UnsupportedMediaType": _answer("The body is of a type unknown here.", _DETAIL),
    "KeyReused": _answer(
        "This Idempotency-Key came before, with another request.", _DETAIL
    ),
    "LengthRequired": _answer("The length of the body is missing.", _DETAIL),
    "TooManyRequests": _answer(
        "The rate limit is reached; or somebody has guessed at this account's password "
        "too often; or another large body of this account is on its way.",
        _DETAIL,
        "Retry-After",
    ),
    "StorageFull": _answer("There is no room left; nothing was stored.", _DETAIL),
    "Unavailable": _answer("Not now; try again.", _DETAIL, "Retry-After"),
}


#: Parameters that are the same in most operations.
_SHARED = frozenset(
    {"Idempotency-Key", "If-Match", "cursor", "format", "id", "page_size", "raw"}
)


def add_components(
    result: dict[str, Any], generator: Any, **kwargs: Any
) -> dict[str, Any]:
    """Add the shared parts and a description of each tag (a hook of spectacular)."""
    components = result["components"]
    schemas = {**components["schemas"], **SCHEMAS}
    result["components"] = {
        "schemas": dict(sorted(schemas.items())),
        "parameters": _shared_parameters(result["paths"]),
        "headers": HEADERS,
        "responses": RESPONSES,
        "securitySchemes": components["securitySchemes"],
    }
    result["info"]["description"] += f"\n{OVERVIEW}"
    result["tags"] = _tags(result["paths"], generator.endpoints)
    return result


def _shared_parameters(paths: dict[str, Any]) -> dict[str, Schema]:
    """Take the parameters that are the same everywhere out of the operations."""
    shared: dict[str, Schema] = {}
    for operations in paths.values():
        for operation in operations.values():
            parameters = operation.get("parameters", [])
            for at, parameter in enumerate(parameters):
                name = parameter["name"]
                if name in _SHARED and shared.setdefault(name, parameter) == parameter:
                    parameters[at] = reference("parameters", name)
    return dict(sorted(shared.items()))


def _tags(
    paths: dict[str, Any], endpoints: list[tuple[str, str, str, Any]]
) -> list[dict[str, str]]:
    """Describe each tag that is in use by what its first view is for."""
    described: dict[str, str] = {}
    for path, _, _, callback in endpoints:
        described.setdefault(tag_of(path), _description_of(callback))
    used = {
        tag
        for operations in paths.values()
        for operation in operations.values()
        for tag in operation.get("tags", ())
    }
    return [
        {"name": tag, "description": described.get(tag, "")} for tag in sorted(used)
    ]


def _description_of(callback: Any) -> str:
    """Return what a view is for: by its declaration, else by its docstring."""
    row_type = callback.initkwargs.get("row_type") or getattr(
        callback.cls, "row_type", None
    )
    return row_type.description if row_type else get_doc(callback.cls)


def tag_of(path: str) -> str:
    """Name the tag of an address: its first part below the API."""
    return path.removeprefix("/api/").partition("/")[0] or "root"
