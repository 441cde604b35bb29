"""Private files on the server's disk that changed after they were registered."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse

from registry.identity.models import User
from tests.api.client import content_of
from tests.factories import KeyValueFactory, UserFactory
from tests.files import COUNTS, product, sha1_of
from tests.web.files.asking import SHA1, get, on_disk, path_of

CHANGED = b"day,in_bed\n1,4\n"
NAME = "in-bed.csv"

pytestmark = pytest.mark.django_db


@pytest.fixture
def bob() -> User:
    """Return another user who registers locations."""
    user: User = UserFactory.create()
    return user


def asked(folder: Path, path: str, by: User, **given: Any) -> str:
    """Register a location and a product there; return the product's address."""
    location = on_disk(folder, path, by=by, **given)
    return path_of(product(location, name=f"p{location.pk}", by=by))


def status(answer: HttpResponse) -> int:
    """Return the status of an answer, of which the body is read to its end."""
    content_of(answer)
    return answer.status_code


@pytest.fixture
def private(served: Path, ada: User) -> Path:
    """Return a file that Ada registered as private, and that has changed."""
    on_disk(served, NAME, hash=SHA1, public=False, by=ada)
    (served / NAME).write_bytes(CHANGED)
    (served / "link.csv").symlink_to(served / NAME)
    (served / "sub").mkdir()
    os.link(served / NAME, served / "second-name.csv")
    return served / NAME


@pytest.mark.parametrize(
    "path",
    [
        NAME,
        f"./{NAME}",
        f"sub/../{NAME}",
        "link.csv",
        "second-name.csv",
        "in%2Dbed.csv",
    ],
)
@pytest.mark.parametrize("hash_", [sha1_of(CHANGED), "0" * 40])
@pytest.mark.slow
def test_no_other_path_returns_the_new_bytes(
    private: Path, ada: User, bob: User, path: str, hash_: str
) -> None:
    address = asked(private.parent, path, bob, hash=hash_)
    for by in (None, bob):
        assert status(get(address, by)) == 403
        assert status(get(address, by, range="bytes=0-1")) == 403
    answer = get(address, ada)
    assert answer["Cache-Control"] == "private, no-cache"
    assert status(answer) == 200


def test_a_file_that_replaced_a_private_one_is_private(
    private: Path, bob: User
) -> None:
    (private.parent / "new").write_bytes(b"another file")
    (private.parent / "new").rename(private)
    address = asked(private.parent, NAME, bob, hash=sha1_of(b"another file"))
    assert status(get(address)) == 403


def test_a_private_key_value_makes_the_path_private(
    served: Path, ada: User, bob: User
) -> None:
    mine = product(on_disk(served, NAME, hash=SHA1, by=ada), by=ada)
    KeyValueFactory.create(object=mine.object, key="accessibility", value="private")
    (served / NAME).write_bytes(CHANGED)
    address = asked(served, f"./{NAME}", bob, hash=sha1_of(CHANGED))
    assert status(get(address, bob)) == 403
    assert status(get(address, ada)) == 200


def test_the_owner_can_make_the_present_bytes_public(private: Path, ada: User) -> None:
    address = asked(private.parent, f"./{NAME}", ada, hash=sha1_of(CHANGED))
    assert status(get(address)) == 200
    private.write_bytes(b"changed once more")
    assert status(get(address)) == 403


def test_a_public_location_elsewhere_does_not_make_it_public(
    served: Path, ada: User, bob: User
) -> None:
    (served / "copy.csv").write_bytes(COUNTS)
    on_disk(served, "copy.csv", hash=SHA1, by=bob)
    address = asked(served, NAME, ada, hash=SHA1, public=False)
    assert status(get(address)) == 403
    assert status(get(address, ada)) == 200


def test_the_first_registrar_of_a_public_path_keeps_it_public(
    served: Path, ada: User, bob: User
) -> None:
    address = asked(served, NAME, ada, hash=SHA1)
    on_disk(served, f"./{NAME}", hash=SHA1, public=False, by=bob)
    assert status(get(address)) == 200


def test_other_files_are_public(private: Path, bob: User) -> None:
    (private.parent / "other.csv").write_bytes(b"other")
    on_disk(private.parent, "gone%00.csv", hash="1" * 40, public=False, by=bob)
    assert status(get(asked(private.parent, "other.csv", bob))) == 200
