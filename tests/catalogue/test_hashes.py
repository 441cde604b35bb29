"""Hashes of storage locations that no file could have are refused."""

from __future__ import annotations

import pytest

from registry.catalogue.models import StorageLocation
from tests.api.client import Api, data_of
from tests.factories import StorageRootFactory, UserFactory

pytestmark = pytest.mark.django_db

SHA1 = "0123456789abcdef0123456789abcdef01234567"


def _register(hash_: str, status: int) -> dict[str, list[str]]:
    root = StorageRootFactory.create()
    body = {
        "path": "a.csv",
        "hash": hash_,
        "public": False,
        "storage_root": f"/api/storage_root/{root.pk}/",
    }
    answer: dict[str, list[str]] = data_of(
        Api(UserFactory()).post("/api/storage_location/", body), status
    )
    return answer


@pytest.mark.parametrize(
    "hash_, message",
    [
        (f"{SHA1} ", "without spaces"),
        (f"\n{SHA1}", "without spaces"),
        (f"{SHA1[:20]} {SHA1[20:]}", "without spaces"),
        (f"0x{SHA1}", "40 hexadecimal digits alone"),
        (f"sha1:{SHA1}", "40 hexadecimal digits alone"),
        (f"SHA-1={SHA1.upper()}", "40 hexadecimal digits alone"),
        (f"urn:sha1:{SHA1}", "40 hexadecimal digits alone"),
        (f"{SHA1[:20]}{SHA1[20:].upper()}", "40 hexadecimal digits alone"),
    ],
)
def test_an_invalid_hash_is_refused(hash_: str, message: str) -> None:
    """With such a hash, a private location would make no file private."""
    assert message in _register(hash_, 400)["hash"][0]
    assert not StorageLocation.objects.exists()


@pytest.mark.parametrize(
    "hash_", [SHA1, SHA1.upper(), SHA1[:7], f"sha256:{'ab' * 32}", "v1.0.2-3-gabcdef"]
)
def test_other_hashes_are_stored_as_they_are(hash_: str) -> None:
    _register(hash_, 201)
    assert StorageLocation.objects.get().hash == hash_
