"""A client for the native API, with the test client of Django and a token."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.test import Client
from django.test.client import (
    BOUNDARY,
    MULTIPART_CONTENT,
    ClientHandler,
    encode_multipart,
)
from django.utils import timezone

from registry.core.links import kind_of
from registry.core.models import Record
from registry.identity.models import ApiToken
from registry.identity.services import issue_token

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import Model
    from django.http import HttpResponse

    from registry.identity.models import User

#: How the test client names the registry's host.
HOST = "http://testserver"
FORM = "application/x-www-form-urlencoded"


#: One for all clients: loading the middleware takes milliseconds.
_handler = ClientHandler(enforce_csrf_checks=False)


class Api:
    """Sends requests of a user, or of an anonymous user, with JSON bodies."""

    def __init__(self, user: User | None = None, **headers: str) -> None:
        if user is not None:
            headers["authorization"] = f"token {issue_token(user=user, by=user)}"
            # in use already: only the first request of an hour writes that down
            ApiToken.objects.filter(user=user).update(last_used=timezone.now())
        self._client = Client(headers=headers)
        self._client.handler = _handler

    def get(self, path: str, query: Any = None, **headers: str) -> HttpResponse:
        """GET, with query parameters as a mapping or as pairs."""
        return self.call("GET", with_query(path, query), **headers)

    def call(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> HttpResponse:
        """Send a request; a body is encoded as JSON."""
        content = b"" if body is None else json.dumps(body).encode()
        return self.send(method, path, content, "application/json", **headers)

    def send_form(
        self, method: str, path: str, body: Mapping[str, Any], **headers: str
    ) -> HttpResponse:
        """Send a request with an encoded form; lists are repeated values."""
        content = urlencode(body, doseq=True).encode()
        return self.send(method, path, content, FORM, **headers)

    def send_multipart(self, path: str, body: Mapping[str, Any]) -> HttpResponse:
        """POST a form with parts; lists are repeated values."""
        content = encode_multipart(BOUNDARY, dict(body))
        return self.send("POST", path, content, MULTIPART_CONTENT)

    def send(
        self, method: str, path: str, content: bytes, content_type: str, **headers: str
    ) -> HttpResponse:
        """Send a request with these bytes."""
        return self._client.generic(  # type: ignore[return-value]
            method, path, content, content_type, headers=headers
        )

    def post(self, path: str, body: Any, **headers: str) -> HttpResponse:
        """POST a body as JSON."""
        return self.call("POST", path, body, **headers)


def with_query(path: str, query: Any) -> str:
    """Add query parameters to a path; lists are repeated values."""
    if not query:
        return path
    return f"{path}?{urlencode(query, doseq=True)}"


def content_of(answer: Any) -> bytes:
    """Return the whole body, streamed or not."""
    return b"".join(answer) if answer.streaming else bytes(answer.content)


def data_of(answer: HttpResponse, status: int = 200) -> Any:
    """Return the JSON of a response, which must have this status."""
    content = content_of(answer)
    assert answer.status_code == status, content[:2000].decode()
    assert answer["Content-Type"].startswith("application/json")
    return json.loads(content)


def rows_of(answer: HttpResponse) -> list[dict[str, str]]:
    """Return the rows of a CSV response."""
    text = content_of(answer).decode()
    assert answer.status_code == 200, text[:2000]
    return list(csv.DictReader(io.StringIO(text, newline="")))


def path_of(record: Model) -> str:
    """Return the path of a record."""
    return f"/api/{kind_of(type(record))}/{record.pk}/"


def url_of(record: Model) -> str:
    """Return the URL of a record."""
    return f"{HOST}{path_of(record)}"


def state_of(answer: HttpResponse) -> str:
    """Return the entity tag of a response without the digest of its content."""
    state, _, digest = answer["ETag"].partition(".")
    assert digest.endswith('"')
    return f'{state}"'


def revision_of(record: Record) -> str:
    """Return the entity tag of a stored record."""
    stored = type(record)._default_manager.get(pk=record.pk)
    return f'"{stored.revision}"'
