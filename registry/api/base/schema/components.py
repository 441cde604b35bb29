"""The shared components of the operations: error bodies, headers and responses."""

from __future__ import annotations

from typing import Any

from drf_spectacular.plumbing import get_doc

from registry.core.record_types import RecordType

Schema = dict[str, Any]

OVERVIEW = """
**Formats.** Responses are JSON, unless `Accept` or `?format=` requests `csv`, or `api`,
which is a page for a browser. Times are ISO 8601 in UTC.

**Versions.** This describes version 1.1.0, which is the default. With
`Accept: application/json; version=1.0.0` records have only the fields of the older
registry: `end_date`, `closed`, `withdrawn` and the addresses of whole lists (such as
`keywords_url`) are absent, and the lists of an object's components, data products,
licences and keywords, and of a component's issues, are complete. `Content-Type` names
the version of a response.

**Links** between records are URLs in responses. In requests, a link can be a URL (with
any host), a path, the id, or the UUID of a record that has one.

**Signing in.** Everybody can read, except accounts and groups; writing needs an
account. A request without the credentials that it needs gets 403, and one with wrong
credentials gets 401.

**OPTIONS** on an address returns its filters and, if you are signed in, the fields of a
record. A GET of an address without its last slash is redirected.
"""


def reference(group: str, name: str) -> dict[str, str]:
    """Return a reference to a shared component."""
    return {"$ref": f"#/components/{group}/{name}"}


def bodies(schema: Schema) -> dict[str, Schema]:
    """Return the content of a response in each format; only JSON has a schema."""
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
        "description": "The errors by field or query parameter.",
        "additionalProperties": _MESSAGES,
    },
    "Duplicate": {
        "type": "object",
        "description": "The values that must be unique, and the existing record. Or "
        "what cannot be taken away, and the records that stand on it.",
        "required": ["detail"],
        "properties": {
            "detail": {"type": "string"},
            "url": {
                "type": "string",
                "format": "uri",
                "description": "The record that has these values already.",
            },
            "dependents": {
                "type": "array",
                "items": {"type": "string", "format": "uri"},
                "maxItems": 10,
                "description": "The first of the records that stand on this one.",
            },
            "total": {
                "type": "integer",
                "description": "How many records stand on this one.",
            },
        },
    },
    "Moved": {
        "type": "object",
        "description": "A record that was merged into another, and the other one.",
        "required": ["detail", "url"],
        "properties": {
            "detail": {"type": "string"},
            "url": {
                "type": "string",
                "format": "uri",
                "description": "The record that was kept.",
            },
        },
    },
}

_MOVED = reference("schemas", "Moved")
_DETAIL_OR_FIELDS = [_FIELD_ERRORS, _DETAIL]
_ERRORS_BY_ROW: Schema = {
    "type": "array",
    "description": "The errors of each record of a list; empty for valid records.",
    "items": {"anyOf": [*_DETAIL_OR_FIELDS, _DUPLICATE]},
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
            "The id of the request in the log of the registry.",
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
            "The state of the record, for `If-Match`, and of the response, for "
            "`If-None-Match`; in JSON alone.",
            False,
            {"type": "string"},
        ),
        (
            "ETagOfOne",
            "The state of the new record, for `If-Match`; absent for several records.",
            False,
            {"type": "string"},
        ),
        (
            "LocationOfOne",
            "Address of the new record; absent for several records.",
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
            "`true` if this is the stored response of the same Idempotency-Key.",
            False,
            {"type": "string"},
        ),
    )
}

#: The headers of every response.
_COMMON_HEADERS = (
    "RateLimit-Limit",
    "RateLimit-Remaining",
    "RateLimit-Reset",
    "X-Request-Id",
)


def headers(*names: str) -> dict[str, Any]:
    """Return references to the headers of every response, and to further headers."""
    return {
        name.removesuffix("OfOne"): reference("headers", name)
        for name in (*_COMMON_HEADERS, *names)
    }


def _response(description: str, schema: Schema, *names: str) -> Schema:
    return {
        "description": description,
        "headers": headers(*names),
        "content": bodies(schema),
    }


#: The page that replaces a 204 response, which has no content.
PAGE_WITHOUT_RECORD: Schema = {
    "description": "The same, as a page for a browser.",
    "headers": headers(),
    "content": {"text/html": {"schema": {"type": "string"}}},
}

RESPONSES: dict[str, Schema] = {
    "BadRequest": _response(
        "Something in the request is wrong: a value, or the name of a field. Unknown "
        "fields are ignored, but not if their name is near that of an absent one.",
        {"anyOf": _DETAIL_OR_FIELDS},
    ),
    "BadRequestForMany": _response(
        "Something in the request is wrong; nothing was stored.",
        {"anyOf": [*_DETAIL_OR_FIELDS, _ERRORS_BY_ROW]},
    ),
    "Unauthorized": _response(
        "The credentials are wrong, expired or revoked.", _DETAIL, "WWW-Authenticate"
    ),
    "Forbidden": _response(
        "Credentials are missing, or these do not allow the request.", _DETAIL
    ),
    "Moved": _response(
        "The record was merged into another one, which is at `Location`.",
        _MOVED,
        "Location",
    ),
    "Merged": _response(
        "The record was merged into another one; nothing was changed.", _MOVED
    ),
    "NotModified": {"description": "The response with this ETag still holds."},
    "NotFound": _response("There is no such record, format or cursor.", _DETAIL),
    "NotAcceptable": _response("No answer has a type that `Accept` names.", _DETAIL),
    "Conflict": _response(
        "The request conflicts with existing records: they have the same unique "
        "values, or rely on what would change or be deleted.",
        _DUPLICATE,
    ),
    "ConflictForMany": _response(
        "A record with the same unique values exists, and nothing was stored. Or a "
        "request with this Idempotency-Key is still running.",
        {"anyOf": [_DUPLICATE, _ERRORS_BY_ROW]},
    ),
    "PreconditionFailed": _response(
        "The record has changed since the state that `If-Match` names.", _DETAIL
    ),
    "ContentTooLarge": _response("The body is too large.", _DETAIL),
    # the server itself sends it, always as JSON
    "UriTooLong": {
        "description": "The address, with its query, has more than 8190 bytes.",
        "content": {"application/json": {"schema": _DETAIL}},
    },
    "UnsupportedMediaType": _response("The type of the body is not known.", _DETAIL),
    "KeyReused": _response(
        "This Idempotency-Key was used for another request.", _DETAIL
    ),
    "LengthRequired": _response("`Content-Length` is missing.", _DETAIL),
    "TooManyRequests": _response(
        "The rate limit is reached, or there were too many wrong passwords for this "
        "account, or another large body of this account is being received.",
        _DETAIL,
        "Retry-After",
    ),
    "StorageFull": _response("No disk space is left; nothing was stored.", _DETAIL),
    "Unavailable": _response(
        "The registry is busy; try again.", _DETAIL, "Retry-After"
    ),
}


#: Parameters that are the same in most operations.
_SHARED = frozenset(
    {
        "Idempotency-Key",
        "If-Match",
        "If-None-Match",
        "cursor",
        "format",
        "id",
        "page_size",
        "raw",
    }
)


def add_components(
    result: dict[str, Any], generator: Any, **kwargs: Any
) -> dict[str, Any]:
    """Add the shared components and descriptions of tags (a hook of spectacular)."""
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
    """Return the shared parameters, and replace them by references in operations."""
    shared: dict[str, Schema] = {}
    for operations in paths.values():
        for operation in operations.values():
            parameters = operation.get("parameters", [])
            for at, parameter in enumerate(parameters):
                name = parameter["name"]
                if name in _SHARED and shared.setdefault(name, parameter) == parameter:
                    parameters[at] = reference("parameters", name)
    return dict(sorted(shared.items()))


#: The tag of addresses that every kind of record has.
_ANY_RECORD = "any record"


def _tags(
    paths: dict[str, Any], endpoints: list[tuple[str, str, str, Any]]
) -> list[dict[str, str]]:
    """Return each used tag with the description of its first view."""
    described: dict[str, str] = {}
    for path, _, _, callback in endpoints:
        tag = tag_of(path)
        of_all = tag == _ANY_RECORD
        text = get_doc(callback.cls) if of_all else _description_of(callback)
        described.setdefault(tag, text)
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
    """Return the description of a view, from its declaration or else its docstring."""
    row_type = callback.initkwargs.get("row_type") or getattr(
        callback.cls, "row_type", None
    )
    if isinstance(row_type, RecordType):
        return row_type.full_description
    return row_type.description if row_type else get_doc(callback.cls)


def tag_of(path: str) -> str:
    """Return the tag of an address, which is its first part below the API.

    Addresses that every kind of record has are under "any record".
    """
    first = path.removeprefix("/api/").partition("/")[0] or "root"
    return _ANY_RECORD if first.startswith("{") else first
