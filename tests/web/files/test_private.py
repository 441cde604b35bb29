"""Private files are refused at every address."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client

from registry.identity.models import User
from tests.factories import (
    ExternalObjectFactory,
    KeyValueFactory,
    StorageLocationFactory,
    UserFactory,
)
from tests.files import COUNTS, keep, place, product
from tests.web.files.asking import (
    BROWSER,
    SHA1,
    body_of,
    cited,
    detail_of,
    get,
    on_disk,
    path_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def private_addresses(ada: User, served: Path) -> list[str]:
    """Return every address of the same private file."""
    keep(by=ada)
    here = product(place(SHA1, by=ada, public=False), name="here", by=ada)
    external = ExternalObjectFactory.create(
        data_product=here, alternate_identifier="bmj", title="In bed", by=ada
    )
    below = on_disk(served, "in-bed.csv", hash=SHA1, public=False, by=ada)
    disk = product(below, name="disk")
    web = product(
        StorageLocationFactory.create(hash=SHA1, public=False, by=ada), name="web"
    )
    # by what others have registered of it since
    bob = UserFactory.create()
    public = product(place(SHA1, by=bob, public=True), name="public", by=bob)
    sneaked = on_disk(served, "./in-bed.csv", hash="0" * 40, by=bob)
    unsaid = product(sneaked, name="unsaid", by=bob)
    lying = place(SHA1, by=bob, hash="1" * 40, public=True)
    inside = f"files/{SHA1[:2]}/{SHA1[2:4]}/{SHA1}"
    folder = served.parent / "store"
    in_store = product(on_disk(folder, inside, hash="2" * 40, by=bob), name="in-store")
    return [
        f"/data/{SHA1}",
        f"/data/{SHA1.upper()}",
        *map(path_of, [here, disk, web, public, unsaid, in_store]),
        path_of(product(lying, name="lying", by=bob)),
        cited("external_object", "bmj", "In bed", external.version),
    ]


@pytest.mark.slow
def test_a_private_file_is_refused_at_every_address(
    private_addresses: list[str],
) -> None:
    refused = (
        None,
        UserFactory.create(),
        UserFactory.create(roles=["entity-registry-write"]),
    )
    for path in private_addresses:
        for by in refused:
            detail = detail_of(get(path, by), 403)
            assert detail.startswith("This file is private"), path
        # neither a part nor its size
        assert get(path, range="bytes=0-1").status_code == 403
        assert get(path, if_none_match=f'"{SHA1}"').status_code == 403
        assert Client().head(path).status_code == 403


@pytest.mark.slow
def test_a_private_file_is_sent_to_its_readers(
    private_addresses: list[str], ada: User
) -> None:
    readers = (
        ada,
        UserFactory.create(is_superuser=True),
        UserFactory.create(roles=["sys-admin-admin"]),
        UserFactory.create(roles=["private-data-read"]),
    )
    for path in private_addresses:
        for by in readers:
            answer = get(path, by)
            if answer.status_code == 302:
                assert answer["Location"].startswith("https://data")
                continue
            assert answer["Cache-Control"] == "private, no-cache"
            assert body_of(answer) == COUNTS


def test_a_session_allows_the_same_as_a_token(ada: User) -> None:
    keep(by=ada)
    place(SHA1, by=ada, public=False)
    client = Client(headers={"accept": BROWSER})
    assert b"This file is private" in client.get(f"/data/{SHA1}").content
    client.force_login(ada)
    assert body_of(client.get(f"/data/{SHA1}")) == COUNTS


def test_a_private_object_is_refused_at_every_address(ada: User) -> None:
    keep(by=ada)
    made = product(place(SHA1, by=ada), by=ada)
    assert body_of(get(path_of(made))) == COUNTS
    KeyValueFactory.create(
        object=made.object, key="accessibility", value="private", by=ada
    )
    for path in (f"/data/{SHA1}", path_of(made)):
        assert get(path).status_code == 403
        assert body_of(get(path, ada)) == COUNTS


def test_the_root_of_a_private_file_is_public(ada: User) -> None:
    made = product(place(SHA1, by=ada, public=False), by=ada)
    answer = get(f"{path_of(made)}?root")
    assert answer.status_code == 200
