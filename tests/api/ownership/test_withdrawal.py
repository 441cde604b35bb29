"""Withdrawn records: a tombstone that everybody can read, and that can be put back."""

from __future__ import annotations

from typing import Any

import pytest

from registry.core.models import Event
from registry.core.record_types import record_kinds, record_type_named
from registry.identity.models import User
from tests import factories
from tests.api.client import Api, content_of, data_of, path_of
from tests.every_type import every_kind
from tests.factories import UserFactory
from tests.files import COUNTS, keep, place, product, sha1_of

pytestmark = pytest.mark.django_db

FACTORIES = {
    factory._meta.model.kind: factory
    for factory in vars(factories).values()
    if isinstance(factory, type)
    and issubclass(factory, factories.RecordFactory)
    and factory is not factories.RecordFactory
}
SHA1 = sha1_of(COUNTS)


@pytest.fixture
def ada() -> User:
    made: User = UserFactory(username="ada")
    return made


def _withdraw(record: Any, by: User, reason: str = "The sensor was broken.") -> Any:
    return Api(by).post(f"{path_of(record)}withdraw/", {"reason": reason})


def test_there_is_a_factory_for_every_kind() -> None:
    assert set(FACTORIES) == set(record_kinds())


@pytest.mark.parametrize("kind", every_kind())
def test_every_kind_of_record_can_be_withdrawn_and_put_back(kind: str) -> None:
    record = FACTORIES[kind]()
    owner, path = record.registered_by, f"/api/{kind}/"
    # others see no private records
    is_private = record_type_named(kind).is_private
    reader = Api(UserFactory(is_superuser=True)) if is_private else Api()
    tag = reader.get(path_of(record))["ETag"]
    shown = data_of(_withdraw(record, owner))
    assert shown["withdrawn"] == "The sensor was broken."
    assert data_of(reader.get(path_of(record))) == shown
    assert reader.get(path_of(record))["ETag"] != tag
    found = {
        value: [one["url"] for one in data_of(reader.get(path, query))["results"]]
        for value, query in (
            ("", {}),
            ("false", {"withdrawn": "false"}),
            ("true", {"withdrawn": "true"}),
            ("only", {"withdrawn": "only"}),
        )
    }
    assert shown["url"] not in found[""]
    assert found[""] == found["false"]
    assert shown["url"] in found["true"]
    assert found["only"] == [shown["url"]]
    event = Event.objects.filter(kind=kind, action="withdrawn").get()
    assert event.by == owner
    assert event.changes == {"withdrawn": [None, "The sensor was broken."]}
    back = data_of(Api(owner).post(f"{path_of(record)}put_back/", {}))
    assert back["withdrawn"] is None
    assert shown["url"] in [one["url"] for one in data_of(reader.get(path))["results"]]


def test_the_oldest_version_of_the_api_does_not_have_the_field(ada: User) -> None:
    thing = factories.ObjectFactory(by=ada)
    old = "application/json; version=1.0.0"
    assert "withdrawn" not in data_of(Api().get(path_of(thing), accept=old))
    _withdraw(thing, ada)
    page = data_of(Api().get("/api/object/", accept=old))
    assert page["count"] == 0


@pytest.mark.parametrize("reason", ["", "   ", None, "x" * 1001, 7, []])
def test_a_reason_is_needed(ada: User, reason: Any) -> None:
    thing = factories.ObjectFactory(by=ada)
    answer = Api(ada).post(f"{path_of(thing)}withdraw/", {"reason": reason})
    if reason == 7:
        assert data_of(answer)["withdrawn"] == "7"
        return
    assert list(data_of(answer, 400)) == ["reason"]
    thing.refresh_from_db()
    assert thing.withdrawn is None


def test_what_is_withdrawn_is_not_withdrawn_again(ada: User) -> None:
    thing = factories.ObjectFactory(by=ada)
    assert Api(ada).post(f"{path_of(thing)}put_back/", {}).status_code == 409
    data_of(_withdraw(thing, ada))
    assert "withdrawn already" in data_of(_withdraw(thing, ada), 409)["detail"]
    stale = Api(ada).call("POST", f"{path_of(thing)}put_back/", if_match='"1-0"')
    assert stale.status_code == 412


def test_who_looks_after_an_object_withdraws_its_labels(ada: User) -> None:
    bob = UserFactory(username="bob")
    thing = factories.ObjectFactory(by=ada)
    keyword = factories.KeywordFactory(object=thing, by=bob)
    licence = factories.LicenceFactory(object=thing, by=ada)
    assert _withdraw(licence, bob).status_code == 403
    data_of(_withdraw(keyword, ada))
    data_of(_withdraw(licence, ada))
    shown = data_of(Api().get(path_of(thing)))
    assert (shown["keywords"], shown["licences"]) == ([], [])


def test_a_keyword_is_taken_away_by_who_added_it_or_the_owner(ada: User) -> None:
    bob, cleo = UserFactory(), UserFactory()
    thing = factories.ObjectFactory(by=ada)
    for person, status in ((cleo, 403), (bob, 204), (ada, 204)):
        keyword = factories.KeywordFactory(object=thing, by=bob)
        answer = Api(person).call("DELETE", path_of(keyword))
        assert answer.status_code == status
    assert thing.keywords.count() == 1


# --- data -----------------------------------------------------------------------------


@pytest.fixture
def cited(ada: User, settings: Any, tmp_path: Any) -> Any:
    """Return a data product with a stored file."""
    settings.STORE_DIR = tmp_path / "store"
    keep(by=ada)
    return product(place(SHA1, by=ada, public=True), by=ada)


def _addresses(cited: Any) -> tuple[str, str]:
    name = f"{cited.namespace.name}:{cited.name}@{cited.version}"
    return f"/data/{SHA1}", f"/data_product/{name}"


@pytest.mark.parametrize("what", ["product", "object", "location"])
def test_the_data_of_a_withdrawn_record_is_gone(
    ada: User, cited: Any, what: str
) -> None:
    record = {
        "product": cited,
        "object": cited.object,
        "location": cited.object.storage_location,
    }[what]
    for path in _addresses(cited):
        assert content_of(Api().get(path)) == COUNTS
    data_of(_withdraw(record, ada, "It was made up."))
    for path in _addresses(cited):
        for person in (None, ada, UserFactory(is_superuser=True)):
            answer = Api(person).get(path)
            assert answer.status_code == 410, path
            assert "It was made up." in answer.content.decode()
            assert "ETag" not in answer
        assert Api().call("HEAD", path).status_code == 410
    Api(ada).post(f"{path_of(record)}put_back/", {})
    for path in _addresses(cited):
        assert content_of(Api().get(path)) == COUNTS


def test_a_file_that_another_own_record_offers_is_served(ada: User, cited: Any) -> None:
    location = cited.object.storage_location
    factories.ObjectFactory(storage_location=location, by=ada)
    data_of(_withdraw(cited.object, ada))
    by_checksum, by_name = _addresses(cited)
    assert content_of(Api().get(by_checksum)) == COUNTS
    assert Api().get(by_name).status_code == 410


# --- private files --------------------------------------------------------------------


def _mark(thing: Any, by: User) -> Any:
    body = {"object": thing.pk, "key": "accessibility", "value": "private"}
    return Api(by).post("/api/key_value/", body)


def test_a_stranger_hides_no_public_file(ada: User, cited: Any) -> None:
    bob = UserFactory(username="bob")
    assert _mark(cited.object, bob).status_code == 403
    own = factories.ObjectFactory(
        storage_location=cited.object.storage_location, by=bob
    )
    data_of(_mark(own, bob), 201)
    root = factories.StorageRootFactory(by=bob)
    place(SHA1, by=bob, public=False, storage_root=root)
    for path in _addresses(cited):
        assert content_of(Api().get(path)) == COUNTS


def test_a_private_location_before_the_upload_hides_nothing(
    ada: User, settings: Any, tmp_path: Any
) -> None:
    settings.STORE_DIR = tmp_path / "store"
    place(SHA1, by=UserFactory(), public=False)
    keep(by=ada)
    assert content_of(Api().get(f"/data/{SHA1}")) == COUNTS


@pytest.mark.parametrize("what", ["object", "location"])
def test_withdrawing_opens_no_private_file(
    ada: User, settings: Any, tmp_path: Any, what: str
) -> None:
    settings.STORE_DIR = tmp_path / "store"
    keep(by=ada)
    private = place(SHA1, by=ada, public=what == "object")
    thing = product(private, by=ada).object
    if what == "object":
        data_of(_mark(thing, ada), 201)
    bob = UserFactory(username="bob")
    data_of(_withdraw({"object": thing, "location": private}[what], ada))
    root = factories.StorageRootFactory(by=bob)
    place(SHA1, by=bob, public=True, storage_root=root)
    factories.ObjectFactory(storage_location=private, by=bob)
    for person in (None, bob):
        assert Api(person).get(f"/data/{SHA1}").status_code == 403


def test_withdrawals_of_strangers_take_nothing_from_others(
    ada: User, settings: Any, tmp_path: Any
) -> None:
    settings.STORE_DIR = tmp_path / "store"
    keep(by=ada)
    bob = UserFactory(username="bob")
    location = place(SHA1, by=bob, public=True)
    cited = product(location, by=ada)
    own = product(location, by=bob)
    for record in (own, own.object, location):
        data_of(_withdraw(record, bob))
    for path in _addresses(cited):
        assert content_of(Api().get(path)) == COUNTS
    _, by_name = _addresses(own)
    assert Api().get(by_name).status_code == 410


def test_records_of_strangers_offer_nothing_that_the_owner_withdrew(
    ada: User, cited: Any
) -> None:
    bob = UserFactory(username="bob")
    product(cited.object.storage_location, by=bob)
    data_of(_withdraw(cited, ada))
    for path in _addresses(cited):
        assert Api().get(path).status_code == 410


def test_the_data_below_a_withdrawn_root_is_gone(ada: User, cited: Any) -> None:
    location = cited.object.storage_location
    cleo = UserFactory(roles=["curator"])
    data_of(_withdraw(location.storage_root, cleo))
    _, by_name = _addresses(cited)
    assert Api().get(by_name).status_code == 410


def test_strangers_do_not_name_a_download(ada: User, cited: Any) -> None:
    before = Api().get(f"/data/{SHA1}")["Content-Disposition"]
    bob = UserFactory(username="bob")
    product(cited.object.storage_location, extension="html", by=bob, name="stolen")
    after = Api().get(f"/data/{SHA1}")
    assert after["Content-Disposition"] == before
    assert "stolen" not in before


def test_people_take_away_what_is_said_of_their_account(ada: User) -> None:
    cleo = UserFactory(roles=["curator"])
    link = factories.UserAuthorFactory(user=ada, by=cleo)
    assert Api(UserFactory()).call("DELETE", path_of(link)).status_code == 403
    assert Api(ada).call("DELETE", path_of(link)).status_code == 204
    factories.UserAuthorFactory(user=ada)


def test_a_withdrawn_namespace_takes_no_products(ada: User) -> None:
    namespace = factories.NamespaceFactory(by=ada)
    data_of(_withdraw(namespace, ada))
    values = factories.values_of(
        factories.DataProductFactory, by=ada, namespace=namespace
    )
    body = {name: getattr(value, "pk", value) for name, value in values.items()}
    answer = data_of(Api(ada).post("/api/data_product/", body), 403)
    assert "withdrawn" in answer["detail"]


def test_an_owner_closes_a_file_and_opens_it_again(ada: User, cited: Any) -> None:
    mark = data_of(_mark(cited.object, ada), 201)
    path = mark["url"].removeprefix("http://testserver")
    for address in _addresses(cited):
        assert Api().get(address).status_code == 403
    data_of(Api(ada).post(f"{path}withdraw/", {"reason": "Published."}))
    for address in _addresses(cited):
        assert content_of(Api().get(address)) == COUNTS
