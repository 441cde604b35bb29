"""Decisions about who can download a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from pytest_django import DjangoAssertNumQueries, Settings

from registry.catalogue.access import (
    downloadable_files,
    is_private,
    may_download,
    may_read_private_data,
    owners_of,
    private_files,
    require_download,
)
from registry.catalogue.models import StorageLocation
from registry.core.errors import Forbidden
from registry.identity.models import User
from tests.factories import (
    DataProductFactory,
    ExternalObjectFactory,
    KeyValueFactory,
    ObjectFactory,
    StorageRootFactory,
    UserFactory,
)
from tests.files import COUNTS, keep, place, sha1_of
from tests.services import correct

SHA1 = sha1_of(COUNTS)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_store(settings: Settings, tmp_path: Path) -> None:
    settings.STORE_DIR = tmp_path / "store"


@pytest.fixture
def ada() -> User:
    """Return the user who uploads and registers the file."""
    user: User = UserFactory.create()
    return user


@pytest.fixture
def bob() -> User:
    """Return another user."""
    user: User = UserFactory.create()
    return user


def test_everybody_can_download_a_public_file(ada: User) -> None:
    keep(by=ada)
    place(SHA1, by=ada)
    assert not is_private(SHA1)
    assert may_download(AnonymousUser(), SHA1)
    assert require_download(AnonymousUser(), SHA1) is False


def test_a_private_location_makes_a_file_private(ada: User, bob: User) -> None:
    keep(by=ada)
    place(SHA1, by=ada, public=False)
    assert is_private(SHA1)
    assert not may_download(AnonymousUser(), SHA1)
    assert not may_download(bob, SHA1)
    assert may_download(ada, SHA1)
    assert require_download(ada, SHA1) is True
    with pytest.raises(Forbidden, match="This file is private"):
        require_download(bob, SHA1)


@pytest.mark.parametrize("value", ["private", "Private"])
def test_a_private_object_makes_its_file_private(ada: User, value: str) -> None:
    keep(by=ada)
    thing = ObjectFactory.create(storage_location=place(SHA1, by=ada), by=ada)
    KeyValueFactory.create(object=thing, key="accessibility", value=value, by=ada)
    assert not may_download(AnonymousUser(), SHA1)
    assert may_download(ada, SHA1)


def test_another_key_value_makes_nothing_private(ada: User) -> None:
    thing = ObjectFactory.create(storage_location=place(SHA1, by=ada), by=ada)
    KeyValueFactory.create(object=thing, key="accessibility", value="open", by=ada)
    KeyValueFactory.create(object=thing, key="owner", value="private", by=ada)
    assert may_download(AnonymousUser(), SHA1)


def test_a_private_object_makes_its_original_private(ada: User) -> None:
    # it has no location here, only an original store
    original = place(SHA1, by=ada, storage_root=StorageRootFactory.create())
    thing = ObjectFactory.create(storage_location=None, by=ada)
    product = DataProductFactory.create(object=thing)
    ExternalObjectFactory.create(data_product=product, original_store=original)
    assert not is_private(SHA1)
    KeyValueFactory.create(object=thing, key="accessibility", value="private", by=ada)
    assert is_private(SHA1)


def test_private_data_requires_the_owner_or_the_role() -> None:
    owner = UserFactory()
    allowed: dict[Any, bool] = {
        owner: True,
        UserFactory(roles=["private-data-read"]): True,
        UserFactory(roles=["entity-registry-admin"]): True,
        UserFactory(is_superuser=True): True,
        UserFactory(roles=["entity-registry-read"]): False,
        UserFactory(): False,
    }
    seen = {person: may_read_private_data(person, [owner.pk]) for person in allowed}
    assert seen == allowed
    assert not may_read_private_data(AnonymousUser(), [owner.pk])


def test_administrators_and_a_role_can_read_private_files(ada: User) -> None:
    keep(by=ada)
    place(SHA1, by=ada, public=False)
    for roles in (
        ["sys-admin-admin"],
        ["entity-registry-admin"],
        ["private-data-read"],
    ):
        assert may_download(UserFactory.create(roles=roles), SHA1)
    assert may_download(UserFactory.create(is_superuser=True), SHA1)
    assert not may_download(UserFactory.create(roles=["entity-registry-write"]), SHA1)


def test_the_registrar_of_the_first_location_can_read_an_upload(
    ada: User, bob: User
) -> None:
    keep(by=bob)
    place(SHA1, by=ada, public=False)
    assert owners_of(SHA1) == {ada.pk, bob.pk}
    assert may_download(ada, SHA1)


def test_the_owner_can_make_a_file_public(ada: User) -> None:
    keep(by=ada)
    place(SHA1, by=ada, public=False)
    place(SHA1, by=ada, public=True)
    assert not is_private(SHA1)


def test_an_administrator_can_make_a_file_public(ada: User) -> None:
    keep(by=ada)
    place(SHA1, by=ada, public=False)
    place(SHA1, by=UserFactory.create(roles=["sys-admin-admin"]), public=True)
    assert not is_private(SHA1)


def test_others_cannot_make_a_file_public(ada: User, bob: User) -> None:
    keep(by=ada)
    place(SHA1, by=ada, public=False)
    place(SHA1, by=bob, public=True)
    place(SHA1, by=bob, public=True, storage_root=StorageRootFactory.create())
    ObjectFactory.create(storage_location=place(SHA1.upper(), by=bob), by=bob)
    assert not may_download(AnonymousUser(), SHA1)
    assert not may_download(bob, SHA1)


def test_registering_a_private_location_does_not_allow_reading(
    ada: User, bob: User
) -> None:
    keep(by=ada)
    place(SHA1, by=ada, public=False)
    place(SHA1, by=bob, public=False, storage_root=StorageRootFactory.create())
    ObjectFactory.create(storage_location=place(SHA1, by=bob), by=bob)
    assert not may_download(bob, SHA1)


def test_an_earlier_public_location_does_not_make_an_upload_public(
    ada: User, bob: User
) -> None:
    place(SHA1, by=ada, public=False)
    keep(by=ada)
    place(SHA1, by=bob, public=True, storage_root=StorageRootFactory.create())
    assert owners_of(SHA1) == {ada.pk}
    assert not may_download(AnonymousUser(), SHA1)
    assert not may_download(bob, SHA1)


def test_the_first_location_does_not_override_the_uploader(
    ada: User, bob: User
) -> None:
    keep(by=ada)
    place(SHA1, by=bob, public=True, storage_root=StorageRootFactory.create())
    assert owners_of(SHA1) == {ada.pk, bob.pk}
    place(SHA1, by=ada, public=False)
    assert owners_of(SHA1) == {ada.pk}
    assert not may_download(AnonymousUser(), SHA1)


def test_a_correction_does_not_change_the_age_of_a_location(
    ada: User, bob: User
) -> None:
    early = place(SHA1, by=bob, public=True)
    keep(by=ada)
    place(SHA1, by=ada, public=False)
    administrator = UserFactory.create(is_superuser=True)
    correct(StorageLocation, early.pk, {"path": "elsewhere"}, by=administrator)
    assert owners_of(SHA1) == {ada.pk}
    assert not may_download(bob, SHA1)


def test_a_second_uploader_can_read_but_not_make_public(ada: User, bob: User) -> None:
    keep(by=ada)
    place(SHA1, by=ada, public=False)
    keep(by=bob)
    place(SHA1, by=bob, public=True)
    assert owners_of(SHA1) == {ada.pk}
    assert may_download(bob, SHA1)
    assert may_download(bob, SHA1.upper())
    assert not may_download(AnonymousUser(), SHA1)


def test_a_location_registered_before_the_file_makes_no_owner(
    ada: User, bob: User
) -> None:
    place(SHA1, by=bob, public=True, storage_root=StorageRootFactory.create())
    keep(by=ada)
    place(SHA1, by=ada, public=False)
    assert owners_of(SHA1) == {ada.pk}
    assert not may_download(bob, SHA1)


def test_a_file_that_its_uploader_made_public_stays_public(
    ada: User, bob: User
) -> None:
    keep(by=ada)
    place(SHA1, by=ada, public=True)
    place(SHA1, by=bob, public=False)
    assert may_download(AnonymousUser(), SHA1)


def test_a_file_elsewhere_belongs_to_its_first_registrar(ada: User, bob: User) -> None:
    place(SHA1, by=ada, public=False, storage_root=StorageRootFactory.create())
    place(SHA1, by=bob, public=False, storage_root=StorageRootFactory.create())
    assert owners_of(SHA1) == {ada.pk}
    assert may_download(ada, SHA1)
    assert not may_download(bob, SHA1)


def test_the_case_of_a_checksum_does_not_matter(ada: User) -> None:
    keep(by=ada)
    place(SHA1.upper(), by=ada, public=False)
    assert is_private(SHA1)
    assert may_download(ada, SHA1)


def test_an_upload_without_a_location_is_not_private(ada: User) -> None:
    keep(by=ada)
    assert may_download(AnonymousUser(), SHA1)


def test_a_public_file_needs_few_queries(
    ada: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    keep(by=ada)
    place(SHA1, by=ada)
    with django_assert_max_num_queries(3):
        assert may_download(AnonymousUser(), SHA1)


def test_many_files_have_the_same_decisions_as_each(
    ada: User, bob: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    said: list[tuple[bool, User]]
    checksums = []
    for number, said in enumerate(
        (
            [],
            [(True, ada)],
            [(False, ada)],
            [(False, ada), (True, ada)],
            [(False, ada), (True, bob)],
            [(True, bob), (False, ada)],
        )
    ):
        sha1 = keep(str(number).encode(), by=ada).sha1
        checksums.append(sha1)
        for public, by in said:
            place(sha1, public=public, by=by, storage_root=StorageRootFactory.create())
    thing = ObjectFactory.create(
        storage_location=place(keep(b"key", by=bob).sha1, by=bob), by=bob
    )
    KeyValueFactory.create(object=thing, key="accessibility", value="private")
    checksums.append(sha1_of(b"key"))
    for user in (AnonymousUser(), ada, bob):
        with django_assert_max_num_queries(6):
            together = downloadable_files(user, checksums)
        assert together == {one for one in checksums if may_download(user, one)}
    assert private_files(checksums) == {one for one in checksums if is_private(one)}
    # whoever registers it first, the owner of stored bytes closes and opens them
    assert len(private_files(checksums)) == 4
    assert downloadable_files(bob, []) == set()


@pytest.mark.parametrize("count", [1, 5])
def test_a_public_file_takes_one_statement_and_a_private_one_a_few(
    count: int, ada: User, bob: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    public = [keep(f"public {n}".encode(), by=ada).sha1 for n in range(count)]
    private = [keep(f"private {n}".encode(), by=ada).sha1 for n in range(count)]
    for one in (*public, *private):
        place(one, public=one in public, by=ada)
    with django_assert_num_queries(1):
        assert downloadable_files(bob, public) == set(public)
    # who says so, the stored files, all locations, and who of these are curators
    with django_assert_num_queries(4):
        assert downloadable_files(AnonymousUser(), private) == set()
    with django_assert_num_queries(4):
        assert downloadable_files(ada, private) == set(private)
    # and the roles of who asks
    with django_assert_num_queries(5):
        assert downloadable_files(bob, [*public, *private]) == set(public)
    with django_assert_num_queries(0):
        assert downloadable_files(bob, []) == set()
