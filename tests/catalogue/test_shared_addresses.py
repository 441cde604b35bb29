"""No record gets the address that another has by its names."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from registry.catalogue.curation import check_external_object
from registry.catalogue.models import DataProduct, ExternalObject, Namespace
from registry.catalogue.names import (
    find_external_object,
    find_latest,
    find_page,
    find_product,
    names_of_latest,
)
from registry.core.errors import Conflict
from registry.identity.models import User
from tests.api.client import Api, data_of, path_of, url_of
from tests.factories import (
    DataProductFactory,
    ExternalObjectFactory,
    NamespaceFactory,
    ObjectFactory,
    UserFactory,
)
from tests.races import in_thread, wait_for_a_waiting_writer

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> User:
    return UserFactory()


def spaces(person: User) -> tuple[Namespace, Namespace]:
    """Register the namespaces of the example."""
    made = [NamespaceFactory.create(name=name, by=person) for name in ("n", "n:y")]
    return made[0], made[1]


def body(space: Namespace, name: str, person: User, version: str = "1.0.0") -> Any:
    thing = ObjectFactory.create(by=person)
    return {
        "namespace": path_of(space),
        "name": name,
        "version": version,
        "object": path_of(thing),
    }


@pytest.mark.parametrize("is_longer_first", [True, False])
def test_a_product_with_the_address_of_another_is_refused(
    person: User, is_longer_first: bool
) -> None:
    short, long = spaces(person)
    pairs = [(long, "z"), (short, "y:z")]
    first, second = pairs if is_longer_first else reversed(pairs)
    api, path = Api(person), "/api/data_product/"
    made = data_of(api.post(path, body(*first, person)), 201)
    refused = data_of(api.post(path, body(*second, person)), 409)
    assert "n:y:z@1.0.0" in refused["detail"]
    assert "that of another data product" in refused["detail"]
    assert DataProduct.objects.count() == 1
    # another version has another address
    data_of(api.post(path, body(*second, person, "1.0.1")), 201)
    assert url_of(find_product("n:y:z@1.0.0")) == made["url"]


def test_two_products_of_one_request_are_refused_by_number(person: User) -> None:
    short, long = spaces(person)
    rows = [body(short, "a", person), body(short, "y:z", person)]
    rows.append(body(long, "z", person))
    errors = data_of(Api(person).post("/api/data_product/", rows), 409)
    assert [list(one) for one in errors] == [[], ["detail"], ["detail"]]
    assert not DataProduct.objects.exists()


def test_a_product_is_not_renamed_to_the_address_of_another(person: User) -> None:
    short, long = spaces(person)
    DataProductFactory.create(namespace=long, name="z", version="1.0.0", by=person)
    other = DataProductFactory.create(
        namespace=short, name="x", version="1.0.0", object=ObjectFactory(by=person)
    )
    DataProduct.objects.filter(pk=other.pk).update(registered_by=person)
    changed = Api(person).call("PATCH", path_of(other), {"name": "y:z"})
    assert "n:y:z@1.0.0" in data_of(changed, 409)["detail"]
    other.refresh_from_db()
    assert other.name == "x"


def test_colons_are_allowed_where_the_address_is_free(person: User) -> None:
    short, long = spaces(person)
    first = DataProductFactory.create(namespace=short, name="a:b", version="1.0.0")
    second = DataProductFactory.create(namespace=long, name="c:d", version="1.0.0")
    assert find_product("n:a:b@1.0.0") == first
    assert find_product("n:y:c:d@1.0.0") == second
    assert find_latest("n:y:c:d@latest") == second
    assert find_page("n:y:c:d/") == second
    assert names_of_latest(second) == ("n:y:c:d@latest", "n:y:c:d/")


def test_an_address_that_two_old_products_have_stays_that_of_the_shorter_namespace(
    person: User,
) -> None:
    short, long = spaces(person)
    first = DataProductFactory.create(namespace=short, name="old", version="1.0.0")
    second = DataProductFactory.create(namespace=long, name="z", version="1.0.0")
    DataProduct.objects.filter(pk=first.pk).update(name="y:z")
    first.refresh_from_db()
    assert find_product("n:y:z@1.0.0") == first
    assert find_latest("n:y:z@latest") == first
    assert names_of_latest(first) == ("n:y:z@latest", "n:y:z/")
    assert names_of_latest(second) == (None, None)
    assert data_of(Api().get(path_of(second)))["name"] == "z"


def test_an_external_object_with_the_address_of_another_is_refused(
    person: User,
) -> None:
    first = ExternalObjectFactory.create(alternate_identifier="a", title="b:c")
    product = DataProductFactory.create(
        version=first.version, object=ObjectFactory(by=person)
    )
    given = {
        "data_product": path_of(product),
        "alternate_identifier": "a:b",
        "alternate_identifier_type": "name",
        "title": "c",
        "release_date": "2026-01-01T00:00:00Z",
    }
    api, path = Api(person), "/api/external_object/"
    assert f"a:b:c@{first.version}" in data_of(api.post(path, given), 409)["detail"]
    made = data_of(api.post(path, {**given, "title": "Title: part 1"}), 201)
    found = find_external_object(f"a:b:Title: part 1@{first.version}")
    assert url_of(found) == made["url"]
    assert ExternalObject.objects.count() == 2


def test_an_external_object_is_not_corrected_to_the_address_of_another() -> None:
    first = ExternalObjectFactory.create(alternate_identifier="a", title="b:c")
    product = DataProductFactory.create(version=first.version)
    second = ExternalObjectFactory.create(
        data_product=product, alternate_identifier="a:b", title="d"
    )
    with pytest.raises(Conflict, match="a:b:c@"):
        check_external_object(second, {"title": "c"})
    check_external_object(second, {"title": "e", "description": "x"})


def test_names_without_a_second_colon_take_no_further_statement(person: User) -> None:
    space = NamespaceFactory.create(name="plain", by=person)

    def statements(*names: str) -> int:
        rows = [body(space, name, person) for name in names]
        api = Api(person)
        with CaptureQueriesContext(connection) as queries:
            data_of(api.post("/api/data_product/", rows), 201)
        return len(queries)

    statements("first")
    plain = statements("a", "b", "c")
    # where several can write at once, one more locks the names
    further = 2 if connection.vendor == "postgresql" else 1
    assert statements("a:a", "b:b", "c:c") == plain + further
    assert statements("d:a", "e:b") == plain + further


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_simultaneous_products_with_one_address_one_is_refused(
    person: User,
) -> None:
    short, long = spaces(person)
    bodies = [body(long, "z", person), body(short, "y:z", person)]
    api, path = Api(person), "/api/data_product/"
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            data_of(api.post(path, bodies[0]), 201)
            other = pool.submit(in_thread(lambda: api.post(path, bodies[1])))
            wait_for_a_waiting_writer()
        assert "that of another" in data_of(other.result(), 409)["detail"]
    assert DataProduct.objects.count() == 1
