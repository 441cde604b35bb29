"""Data products and external objects, whose cited fields are locked."""

from __future__ import annotations

from typing import Any

import pytest

from registry.catalogue.models import DataProduct, ExternalObject
from registry.identity.models import User
from tests.api.client import HOST, Api, data_of, path_of, url_of
from tests.factories import (
    CodeRunFactory,
    DataProductFactory,
    ExternalObjectFactory,
    NamespaceFactory,
    ObjectComponentFactory,
    ObjectFactory,
    StorageLocationFactory,
    registrar,
    values_of,
)

pytestmark = pytest.mark.django_db

METHODS = pytest.mark.parametrize("method", ["PUT", "PATCH"])


@pytest.fixture
def person() -> User:
    person: User = registrar()
    return person


@pytest.fixture
def api(person: User) -> Api:
    return Api(person)


@pytest.fixture
def product(person: User) -> DataProduct:
    """Return a product without references, of an object without a file."""
    item = ObjectFactory(storage_location=None)
    found: DataProduct = DataProductFactory(object=item, by=person)
    return found


def _change(api: Api, method: str, product: DataProduct, **values: Any) -> Any:
    body = {
        "namespace": path_of(product.namespace),
        "name": product.name,
        "version": product.version,
        "object": path_of(product.object),
    }
    return api.call(method, path_of(product), {**body, **values})


def _identity(product: DataProduct) -> list[dict[str, Any]]:
    """Return other values for each cited field of a product."""
    namespace = path_of(NamespaceFactory())
    return [{"namespace": namespace}, {"name": "other"}, {"version": "99.0.0"}]


# --- reading --------------------------------------------------------------------------


def test_a_product_has_the_addresses_of_its_reports(product: DataProduct) -> None:
    shown = data_of(Api().get(path_of(product)))
    assert shown["prov_report"] == f"{HOST}/api/prov-report/{product.pk}/"
    assert shown["ro_crate"] == f"{HOST}/api/ro-crate/data-product/{product.pk}/"


def test_the_format_is_internal_if_there_are_components(product: DataProduct) -> None:
    def shown() -> Any:
        return data_of(Api().get(path_of(product)))["internal_format"]

    assert shown() is False
    ObjectComponentFactory(object=product.object, whole_object=False)
    assert shown() is True


def test_products_can_be_filtered_by_internal_format() -> None:
    plain, parted = DataProductFactory(), DataProductFactory()
    ObjectComponentFactory(object=parted.object)
    for text, product in (("TRUE", parted), ("false", plain)):
        query = {"internal_format": text}
        [found] = data_of(Api().get("/api/data_product/", query))["results"]
        assert found["url"] == url_of(product)


# --- changing -------------------------------------------------------------------------


@METHODS
def test_a_product_without_references_can_change_completely(
    api: Api, product: DataProduct, method: str
) -> None:
    for values in (*_identity(product), {"object": path_of(ObjectFactory())}):
        assert _change(api, method, product, **values).status_code == 200
        product.refresh_from_db()


@METHODS
def test_the_object_of_a_released_product_is_locked(
    api: Api, person: User, method: str
) -> None:
    product = DataProductFactory(object=ObjectFactory(), by=person)
    answer = _change(api, method, product, object=path_of(ObjectFactory()))
    detail = data_of(answer, 409)["detail"]
    assert detail == "object cannot be changed: the product's file has been released."


@METHODS
def test_fields_that_an_external_object_cites_are_locked(
    api: Api, product: DataProduct, method: str
) -> None:
    ExternalObjectFactory(data_product=product)
    for values in _identity(product):
        [name] = values
        detail = data_of(_change(api, method, product, **values), 409)["detail"]
        assert detail.startswith(f"{name} cannot be changed: ")


@METHODS
@pytest.mark.parametrize("side", ["inputs", "outputs"])
def test_fields_of_a_product_with_a_run_are_locked(
    api: Api, product: DataProduct, method: str, side: str
) -> None:
    CodeRunFactory(**{side: [product.object.components.get()]})
    for values in _identity(product):
        assert _change(api, method, product, **values).status_code == 409
    # the values that it has are no change
    assert _change(api, method, product).status_code == 200


@METHODS
def test_a_change_to_the_name_of_another_product_is_a_duplicate(
    api: Api, product: DataProduct, method: str
) -> None:
    other = DataProductFactory(namespace=product.namespace)
    values = {"name": other.name, "version": other.version}
    answer = data_of(_change(api, method, product, **values), 409)
    assert answer["url"] == url_of(other)
    assert answer["detail"] == "Fields namespace, name, version must be unique together"
    stored = DataProduct.objects.get(pk=product.pk)
    assert (stored.name, stored.version) == (product.name, product.version)


@METHODS
def test_a_changed_version_changes_the_order(
    api: Api, product: DataProduct, method: str
) -> None:
    twin = {"namespace": product.namespace, "name": product.name}
    DataProductFactory(**twin, version="9.0.0")
    assert _change(api, method, product, version="10.0.0").status_code == 200
    assert DataProduct.objects.latest_versions().get() == product


@pytest.mark.parametrize(
    "version",
    [
        "1",
        "1.0",
        "v1.0.0",
        "1.0.0 ",
        "1.0.0\n",
        "01.0.0",
        "1.0.0-",
        "1.٣.0",
        "",
        "a.b.c",
    ],
)
def test_a_version_is_semantic(api: Api, product: DataProduct, version: str) -> None:
    answer = _change(api, "PATCH", product, version=version)
    assert list(data_of(answer, 400)) == ["version"]
    body = values_of(DataProductFactory, version=version)
    links = {name: body[name].pk for name in ("namespace", "object")}
    answer = api.post("/api/data_product/", {**body, **links})
    assert list(data_of(answer, 400)) == ["version"]


@pytest.mark.parametrize(
    "version", ["0.0.0", "1.0.0-rc.1", "1.0.0+build.5", "1.0.0-a-b"]
)
def test_every_semantic_version_is_accepted(
    api: Api, product: DataProduct, version: str
) -> None:
    shown = data_of(_change(api, "PATCH", product, version=version))
    assert shown["version"] == version


# --- external objects -----------------------------------------------------------------


def _external(**given: Any) -> dict[str, Any]:
    product = DataProductFactory(version="2.1.0-rc.1")
    body = {"data_product": product.pk, "title": "BMJ", "release_date": "1978-03-04"}
    return {**body, **given}


LIST = "/api/external_object/"
DOI = "https://doi.org/10.1136/bmj.1.6112.587"


def test_the_version_is_copied_from_the_product(api: Api) -> None:
    body = _external(identifier=DOI, version="9.9.9")
    shown = data_of(api.post(LIST, body), 201)
    assert shown["version"] == "2.1.0-rc.1"


def test_the_version_is_copied_for_many_at_once(api: Api) -> None:
    versions = ["1.0.0", "2.0.0", "3.0.0"]
    products = [DataProductFactory(version=version) for version in versions]
    bodies = [_external(identifier=DOI, data_product=one.pk) for one in products]
    shown = data_of(api.post(LIST, bodies), 201)
    assert [one["version"] for one in shown] == versions


def test_the_product_links_back(api: Api) -> None:
    shown = data_of(api.post(LIST, _external(identifier=DOI)), 201)
    product = data_of(api.get(shown["data_product"]))
    assert product["external_object"] == shown["url"]


@pytest.mark.parametrize(
    "given",
    [
        {"identifier": DOI},
        {"alternate_identifier": "bmj", "alternate_identifier_type": "page"},
        {"identifier": DOI, "alternate_identifier": "bmj"},
        {"identifier": DOI, "alternate_identifier_type": "page"},
    ],
    ids="+".join,
)
def test_an_identifier_or_both_alternate_fields_suffice(
    api: Api, given: dict[str, Any]
) -> None:
    shown = data_of(api.post(LIST, _external(**given)), 201)
    assert {name: shown[name] for name in given} == given


@pytest.mark.parametrize(
    "given,missing",
    [
        ({}, {"identifier", "alternate_identifier", "alternate_identifier_type"}),
        ({"alternate_identifier": "a"}, {"identifier", "alternate_identifier_type"}),
        ({"alternate_identifier_type": "a"}, {"identifier", "alternate_identifier"}),
        (
            {"identifier": "", "alternate_identifier": "a"},
            {"identifier", "alternate_identifier_type"},
        ),
    ],
)
def test_an_incomplete_identifier_is_refused(
    api: Api, given: dict[str, Any], missing: set[str]
) -> None:
    assert set(data_of(api.post(LIST, _external(**given)), 400)) == missing
    assert not ExternalObject.objects.exists()


def test_absent_identifiers_are_equal(api: Api) -> None:
    alternates = {"alternate_identifier": "bmj", "alternate_identifier_type": "page"}
    first = data_of(api.post(LIST, _external(**alternates)), 201)
    again = data_of(api.post(LIST, _external(**alternates, identifier="")), 409)
    assert again["url"] == first["url"]


def test_the_same_title_can_have_another_version(api: Api) -> None:
    data_of(api.post(LIST, _external(identifier=DOI)), 201)
    product = DataProductFactory(version="3.0.0")
    data_of(api.post(LIST, _external(identifier=DOI, data_product=product.pk)), 201)


def test_dates_are_written_as_the_clients_write_them(api: Api) -> None:
    ways = (
        "1978-03-04",
        "1978-03-04T00:00:00Z",
        "1978-03-04 00:00:00+00:00",
        "1978-03-04T01:00:00+01:00",
        "1978-03-04T00:00:00",
    )
    for number, written in enumerate(ways):
        body = _external(identifier=f"{DOI}/{number}", release_date=written)
        shown = data_of(api.post(LIST, body), 201)
        assert shown["release_date"] == "1978-03-04T00:00:00Z", written


def test_the_original_store_is_a_location(api: Api) -> None:
    location = StorageLocationFactory()
    body = _external(identifier=DOI, original_store=path_of(location))
    assert data_of(api.post(LIST, body), 201)["original_store"] == url_of(location)
