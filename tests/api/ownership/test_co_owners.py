"""Co-owners of records and members of namespaces, at their addresses."""

from __future__ import annotations

from typing import Any

import pytest

from registry.core.models import Event
from registry.identity.models import CoOwner, User
from tests.api.client import Api, data_of, path_of
from tests.factories import (
    DataProductFactory,
    LicenceFactory,
    NamespaceFactory,
    ObjectFactory,
    UserFactory,
    values_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    made: User = UserFactory(username="ada")
    return made


@pytest.fixture
def bob() -> User:
    made: User = UserFactory(username="bob")
    return made


def _product_in(namespace: Any, by: User, **given: Any) -> dict[str, Any]:
    values = values_of(DataProductFactory, by=by, namespace=namespace, **given)
    return {name: getattr(value, "pk", value) for name, value in values.items()}


def test_an_owner_names_a_co_owner_who_does_as_the_owner(ada: User, bob: User) -> None:
    thing = ObjectFactory(by=ada)
    path = f"{path_of(thing)}co_owners/"
    named = data_of(Api(ada).post(path, {"user": "bob"}), 201)
    assert (named["user"], named["username"]) == (
        f"http://testserver/api/users/{bob.pk}/",
        "bob",
    )
    assert data_of(Api(ada).post(path, {"user": "bob"}), 200) == named
    assert [one["username"] for one in data_of(Api(bob).get(path))] == ["bob"]
    assert [one["username"] for one in data_of(Api().get(path))] == [""]
    licence = {"object": thing.pk, "licence_info": "CC0"}
    assert data_of(Api(bob).post("/api/licence/", licence), 201)
    event = Event.objects.get(action="co_owner_named")
    assert (event.kind, event.record_id, event.subject) == ("object", thing.pk, "bob")
    assert event.by == ada


def test_a_co_owner_names_nobody_and_can_leave(ada: User, bob: User) -> None:
    thing = ObjectFactory(by=ada)
    UserFactory(username="cleo")
    path = f"{path_of(thing)}co_owners/"
    Api(ada).post(path, {"user": "bob"})
    refused = data_of(Api(bob).post(path, {"user": "cleo"}), 403)["detail"]
    assert "only its owner, curators and administrators" in refused
    assert "ada" in refused
    assert Api(bob).call("DELETE", f"{path}{bob.pk}/").status_code == 204
    assert not CoOwner.objects.exists()
    assert Api(ada).call("DELETE", f"{path}{bob.pk}/").status_code == 404
    assert Event.objects.filter(action="co_owner_removed", subject="bob").exists()


@pytest.mark.parametrize("name", ["nobody-known", "", "a\0b", 7, None])
def test_an_unknown_account_is_refused_by_field(ada: User, name: Any) -> None:
    thing = ObjectFactory(by=ada)
    answer = Api(ada).post(f"{path_of(thing)}co_owners/", {"user": name})
    assert list(data_of(answer, 400)) == ["user"]
    assert not CoOwner.objects.exists()


def test_the_owner_is_no_co_owner(ada: User) -> None:
    path = f"{path_of(ObjectFactory(by=ada))}co_owners/"
    assert "owner" in data_of(Api(ada).post(path, {"user": "ada"}), 409)["detail"]


def test_a_record_that_does_not_exist_is_404(ada: User) -> None:
    for path in ("/api/object/77/co_owners/", "/api/namespace/77/members/"):
        assert Api(ada).get(path).status_code == 404
        assert Api(ada).post(path, {"user": "ada"}).status_code == 404
    assert Api(ada).post("/api/nothing/1/co_owners/", {}).status_code == 404


def test_members_add_members_and_register_in_a_closed_namespace(
    ada: User, bob: User
) -> None:
    namespace = NamespaceFactory(by=ada)
    cleo = UserFactory(username="cleo")
    path = path_of(namespace)
    closed = data_of(Api(ada).post(f"{path}close/", {}), 200)
    assert closed["closed"] is True
    body = _product_in(namespace, by=cleo)
    refused = data_of(Api(cleo).post("/api/data_product/", body), 403)["detail"]
    assert "is closed" in refused
    assert "ada" in refused
    assert data_of(Api(ada).post(f"{path}members/", {"user": "bob"}), 201)
    assert data_of(Api(bob).post(f"{path}members/", {"user": "cleo"}), 201)
    assert data_of(Api(cleo).post("/api/data_product/", body), 201)
    opened = data_of(Api(bob).post(f"{path}open/", {}), 200)
    assert opened["closed"] is False
    changes = [one.changes for one in Event.objects.filter(action="updated")]
    assert {"closed": [False, True]} in changes


def test_closing_twice_changes_nothing_the_second_time(ada: User) -> None:
    path = path_of(NamespaceFactory(by=ada))
    first = Api(ada).post(f"{path}close/", {})
    second = Api(ada).post(f"{path}close/", {})
    assert (second.status_code, second["ETag"]) == (200, first["ETag"])
    stale = Api(ada).call("POST", f"{path}open/", if_match='"1-0"')
    assert stale.status_code == 412


def test_a_setting_closes_new_namespaces(settings: Any, ada: User, bob: User) -> None:
    settings.CLOSE_NEW_NAMESPACES = True
    made = data_of(Api(ada).post("/api/namespace/", {"name": "new"}), 201)
    assert made["closed"] is True
    answer = Api(bob).post(
        "/api/data_product/", _product_in(int(made["url"].split("/")[-2]), by=bob)
    )
    assert answer.status_code == 403


def test_a_further_version_needs_the_owner_a_co_owner_or_a_member(
    ada: User, bob: User
) -> None:
    first = DataProductFactory(by=ada, namespace=NamespaceFactory())
    again = {"name": first.name}
    body = _product_in(first.namespace, by=bob, version="9.0.0", **again)
    refused = data_of(Api(bob).post("/api/data_product/", body), 403)["detail"]
    assert f"{first.name} belongs to ada" in refused
    Api(ada).post(f"{path_of(first)}co_owners/", {"user": "bob"})
    assert data_of(Api(bob).post("/api/data_product/", body), 201)


def test_the_same_product_is_409_for_everybody(ada: User, bob: User) -> None:
    first = DataProductFactory(by=ada)
    body = {
        "namespace": first.namespace_id,
        "name": first.name,
        "version": first.version,
        "object": first.object_id,
    }
    answer = data_of(Api(bob).post("/api/data_product/", body), 409)
    assert answer["url"].endswith(path_of(first))


def test_the_same_licence_is_409_for_everybody(bob: User) -> None:
    licence = LicenceFactory()
    body = {
        "object": licence.object_id,
        "licence_info": "Something else",
        "identifier": licence.identifier,
    }
    assert data_of(Api(bob).post("/api/licence/", body), 409)


def test_many_rows_say_which_is_refused(ada: User, bob: User) -> None:
    own, other = ObjectFactory(by=bob), ObjectFactory(by=ada)
    rows = [{"object": thing.pk, "key": "unit", "value": "m"} for thing in (own, other)]
    answer = data_of(Api(bob).post("/api/key_value/", rows), 403)
    assert answer[0] == {}
    assert f"Object {other.pk} belongs to ada" in answer[1]["detail"]
    assert not own.key_values.exists()


def test_a_product_cannot_be_moved_to_where_it_could_not_be_registered(
    ada: User, bob: User
) -> None:
    theirs = DataProductFactory(by=ada)
    own = DataProductFactory(by=bob)
    Api(ada).post(f"{path_of(theirs.namespace)}close/", {})
    closed = NamespaceFactory(by=ada)
    Api(ada).post(f"{path_of(closed)}close/", {})
    for change in (
        {"namespace": closed.pk},
        {"namespace": theirs.namespace_id, "name": theirs.name},
        {"object": theirs.object_id},
    ):
        answer = Api(bob).call("PATCH", path_of(own), change)
        assert answer.status_code == 403, (change, answer.content)
    own.refresh_from_db()
    assert own.object_id != theirs.object_id


def test_a_former_member_moves_no_version_to_the_top(ada: User, bob: User) -> None:
    first = DataProductFactory(by=ada, namespace=NamespaceFactory(by=ada))
    members = f"{path_of(first.namespace)}members/"
    Api(ada).post(members, {"user": f"http://testserver/api/users/{bob.pk}/"})
    names = {"namespace": first.namespace, "name": first.name}
    second = DataProductFactory(by=bob, version="1.1.0", **names)
    Api(bob).call("DELETE", f"{members}{bob.pk}/")
    answer = Api(bob).call("PATCH", path_of(second), {"version": "99.0.0"})
    assert answer.status_code == 403
    people = data_of(Api(ada).get(members))
    assert [one["username"] for one in people] == ["ada"]
    assert people[0]["named_at"] is None
