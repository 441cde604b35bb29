"""Request files, and read the responses."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.http import HttpResponse
from django.test import Client

from registry.catalogue.services import find_or_register_root
from registry.identity.models import User
from registry.identity.services import issue_token
from tests.factories import (
    StorageLocationFactory,
    registrar,
)
from tests.files import COUNTS, sha1_of

SHA1 = sha1_of(COUNTS)
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


def get(path: str, by: User | None = None, **given: str) -> HttpResponse:
    """GET a path, with the token of a person; `if_none_match` is If-None-Match."""
    headers = {name.replace("_", "-"): value for name, value in given.items()}
    if by is not None:
        headers["authorization"] = f"token {issue_token(user=by, by=by)}"
    return Client(headers=headers).get(path)  # type: ignore[return-value]


def body_of(answer: Any) -> bytes:
    """Return the whole body; the test client closes the answer at its end."""
    assert answer.streaming, answer.content
    return b"".join(answer.streaming_content)


def detail_of(answer: HttpResponse, status: int) -> str:
    """Return the detail of a JSON error."""
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/json"
    detail: str = answer.json()["detail"]  # type: ignore[attr-defined]
    return detail


def cited(kind: str, first: str, name: str, version: str) -> str:
    """Return the path of a product or an external object."""
    return quote(f"/{kind}/{first}:{name}@{version}", safe="/:@")


def path_of(made: Any) -> str:
    """Return the path of a product's file."""
    return cited("data_product", made.namespace.name, made.name, made.version)


def on_disk(folder: Path, path: str, **given: Any) -> Any:
    """Register a location on the server's disk."""
    root = find_or_register_root(f"file://{folder}/", by=registrar())
    return StorageLocationFactory.create(storage_root=root, path=path, **given)
