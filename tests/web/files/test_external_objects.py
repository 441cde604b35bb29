"""Downloads by the names of external objects."""

from __future__ import annotations

from typing import Any

import pytest

from registry.identity.models import User
from tests.factories import (
    ExternalObjectFactory,
    StorageLocationFactory,
)
from tests.files import COUNTS, keep, own_root, place, product
from tests.web.files.asking import (
    SHA1,
    body_of,
    cited,
    detail_of,
    get,
)

pytestmark = pytest.mark.django_db


def external(location: Any, original: Any, **given: Any) -> str:
    """Register an external object, and return its path."""
    made = ExternalObjectFactory.create(
        data_product=product(location, version="1.2.0"),
        alternate_identifier="bmj-1978-1-587",
        title="Influenza: a boarding school @ night",
        original_store=original,
        **given,
    )
    return cited("external_object", made.alternate_identifier, made.title, "1.2.0")


def test_an_external_object_returns_its_file(ada: User) -> None:
    keep(by=ada)
    original = StorageLocationFactory.create()
    path = external(place(SHA1, by=ada), original)
    assert body_of(get(path)) == COUNTS
    root = original.storage_root.root
    assert get(f"{path}?original")["Location"] == f"{root}{original.path}"
    assert get(f"{path}?root").content == own_root().root.encode()


def test_an_external_object_without_a_file_redirects_to_its_original() -> None:
    original = StorageLocationFactory.create()
    path = external(None, original)
    root = original.storage_root.root
    assert get(path)["Location"] == f"{root}{original.path}"


@pytest.mark.parametrize("query", ["", "?root", "?original"])
def test_an_external_object_without_any_location_has_no_content(query: str) -> None:
    answer = get(f"{external(None, None)}{query}")
    assert (answer.status_code, answer.content) == (204, b"")


def test_an_external_object_without_an_original_store_gets_404(ada: User) -> None:
    path = external(place(SHA1, by=ada), None)
    assert "No original store" in detail_of(get(f"{path}?original"), 404)


def test_an_unknown_external_object_gets_404() -> None:
    assert "There is no external object" in detail_of(
        get("/external_object/bmj:none@1.0.0"), 404
    )
