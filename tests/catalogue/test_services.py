"""The catalogue's services, called as the admin and the commands call them."""

from __future__ import annotations

import uuid

import pytest

from registry.catalogue import services
from registry.catalogue.authors import author_uuid
from registry.catalogue.models import DataProduct, StorageLocation, StorageRoot
from registry.core.errors import Conflict, Duplicate, Forbidden, InvalidInput
from registry.core.models import Event
from registry.identity.models import User
from tests.factories import (
    AuthorFactory,
    DataProductFactory,
    IssueFactory,
    NamespaceFactory,
    ObjectFactory,
    StorageLocationFactory,
    StorageRootFactory,
    UserFactory,
    registrar,
    sha1,
    values_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> User:
    return registrar()


def test_versions_of_products_are_validated(person: User) -> None:
    for version in ("1", "", "1.0.0\n"):
        values = values_of(DataProductFactory, version=version)
        with pytest.raises(InvalidInput) as caught:
            services.register_data_products([values], by=person)
        assert "version" in caught.value.fields


def test_the_latest_version_is_the_highest(person: User) -> None:
    same = {"namespace": NamespaceFactory(), "name": "human/mortality"}
    versions = ("1.9.0", "1.10.0", "1.10.0-rc.1", "0.99.0", "1.2.0")
    for version in versions:
        DataProductFactory(**same, version=version)
    other = DataProductFactory(name="human/mortality", version="0.1.0")
    latest = DataProduct.objects.latest_versions()
    assert {(one.namespace, one.version) for one in latest} == {
        (same["namespace"], "1.10.0"),
        (other.namespace, "0.1.0"),
    }


def test_a_uuid_of_an_author_is_the_same_in_every_registry() -> None:
    orcid = "https://orcid.org/0000-0002-1825-0097"
    expected = uuid.UUID("f15f1821-d046-ed2a-df1f-2bcdd0b09c16")
    assert author_uuid(orcid) == expected
    assert AuthorFactory(identifier=orcid).uuid == expected


def test_a_root_is_registered_once(person: User) -> None:
    uri = "https://data.example.org/"
    first, again = (
        services.find_or_register_root(uri, local=True, by=person) for _ in range(2)
    )
    assert first == again == StorageRoot.objects.get()
    assert (first.local, first.registered_by) == (True, person)
    with pytest.raises(InvalidInput):
        services.find_or_register_root("nowhere", by=person)


def test_a_location_is_registered_once(person: User) -> None:
    place = {"path": "a", "hash": sha1(1), "storage_root": StorageRootFactory()}
    first = services.find_or_register_location(place, by=person)
    again = services.find_or_register_location({**place, "path": "b"}, by=person)
    assert first == again == StorageLocation.objects.get()
    other = services.find_or_register_location({**place, "public": False}, by=person)
    assert other != first


def test_an_object_is_placed_once(person: User) -> None:
    item = ObjectFactory(storage_location=None, by=person)
    place = {"path": "a", "hash": sha1(1), "storage_root": StorageRootFactory()}
    placed, is_new = services.place_object(item.pk, place, {}, by=person)
    assert (placed.storage_location, is_new) == (StorageLocation.objects.get(), True)
    assert services.place_object(item.pk, place, {}, by=person)[1] is False
    with pytest.raises(Conflict, match="has its location already"):
        services.place_object(item.pk, {**place, "hash": sha1(2)}, {}, by=person)
    assert StorageLocation.objects.count() == 1
    with pytest.raises(Forbidden):
        services.place_object(item.pk, place, {}, by=UserFactory())


def test_cited_fields_are_locked(person: User) -> None:
    issue, item = IssueFactory(by=person), ObjectFactory(by=person)
    product = DataProductFactory(object=item, by=person)
    with pytest.raises(Conflict, match="uuid cannot be changed"):
        services.update_issue(issue.pk, {"uuid": uuid.uuid4()}, by=person)
    other = StorageLocationFactory()
    with pytest.raises(Conflict, match="storage_location cannot be changed"):
        services.update_object(item.pk, {"storage_location": other}, by=person)
    values = {"object": ObjectFactory()}
    with pytest.raises(Conflict, match="object cannot be changed"):
        services.update_data_product(product.pk, values, by=person)
    assert not Event.objects.filter(action="updated").exists()


def test_a_changed_version_changes_the_key_and_writes_an_event(
    person: User,
) -> None:
    item = ObjectFactory(storage_location=None)
    product = DataProductFactory(object=item, version="9.0.0", by=person)
    old = bytes(product.version_key)
    changed = services.update_data_product(product.pk, {"version": "10.0.0"}, by=person)
    assert bytes(changed.version_key) > old
    assert Event.objects.latest("pk").changes == {"version": ["9.0.0", "10.0.0"]}


def test_a_product_with_the_same_name_in_another_namespace_is_another(
    person: User,
) -> None:
    known = DataProductFactory()
    values = values_of(DataProductFactory, name=known.name, version=known.version)
    services.register_data_products([values], by=person)
    with pytest.raises(Duplicate) as caught:
        services.register_data_products(
            [{**values, "namespace": known.namespace}], by=person
        )
    assert caught.value.existing == known
