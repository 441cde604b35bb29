"""Objects have a component ``whole_object`` and can be placed with a PUT."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse

from registry.catalogue.models import Object, ObjectComponent, StorageLocation
from registry.core.models import Event
from registry.identity.models import User
from tests.api.client import Api, data_of, path_of, revision_of, state_of, url_of
from tests.factories import (
    ObjectComponentFactory,
    ObjectFactory,
    StorageLocationFactory,
    StorageRootFactory,
    UserFactory,
    sha1,
)

pytestmark = pytest.mark.django_db

Send = Callable[[Api, str, dict[str, Any]], HttpResponse]


def _as_json(api: Api, path: str, body: dict[str, Any]) -> HttpResponse:
    return api.call("PUT", path, body)


def _as_form(api: Api, path: str, body: dict[str, Any]) -> HttpResponse:
    return api.send_form("PUT", path, body)


@pytest.fixture
def person() -> User:
    person: User = UserFactory()
    return person


@pytest.fixture
def api(person: User) -> Api:
    return Api(person)


@pytest.fixture(params=[_as_json, _as_form], ids=["json", "form"])
def put(request: pytest.FixtureRequest) -> Send:
    send: Send = request.param
    return send


@pytest.fixture
def place() -> dict[str, Any]:
    """Return the fields of a place, as in the PUT of the guide."""
    root = url_of(StorageRootFactory())
    return {"path": "human/deaths.csv", "hash": sha1(1), "storage_root": root}


# --- the component of the whole -------------------------------------------------------


def test_an_object_has_one_whole_object_component(api: Api) -> None:
    shown = data_of(api.post("/api/object/", {}), 201)
    [component] = ObjectComponent.objects.all()
    assert shown["components"] == [url_of(component)]
    part = data_of(api.get(path_of(component)))
    assert part["object"] == shown["url"]
    assert part["name"] == "whole_object"
    assert part["whole_object"] is True
    assert part["updated_by"] == shown["updated_by"]


def test_each_of_several_objects_has_one(api: Api) -> None:
    shown = data_of(api.post("/api/object/", [{}, {}, {}]), 201)
    pairs = ObjectComponent.objects.order_by("pk").values_list("object", "whole_object")
    assert [*pairs] == [(one.pk, True) for one in Object.objects.order_by("pk")]
    assert [len(one["components"]) for one in shown] == [1, 1, 1]


def test_the_component_has_an_event_too(api: Api, person: User) -> None:
    data_of(api.post("/api/object/", {}), 201)
    made = Event.objects.filter(by=person, action="created").values_list("kind")
    assert sorted(made) == [("object",), ("object_component",)]


def test_a_second_whole_object_component_is_a_duplicate(api: Api) -> None:
    item = ObjectFactory()
    body = {"object": path_of(item), "name": "whole_object", "whole_object": True}
    answer = data_of(api.post("/api/object_component/", body), 409)
    assert answer["url"] == url_of(item.components.get())


def test_a_refused_object_leaves_no_component(api: Api) -> None:
    known = ObjectFactory()
    before = ObjectComponent.objects.count()
    data_of(api.post("/api/object/", {"uuid": str(known.uuid)}), 409)
    assert ObjectComponent.objects.count() == before


def test_related_lists_start_with_the_oldest_and_link_to_all(api: Api) -> None:
    item = ObjectFactory()
    parts = [ObjectComponentFactory(object=item, issues=[]) for _ in range(120)]
    shown = data_of(api.get(path_of(item)))
    whole = item.components.get(whole_object=True)
    assert shown["components"] == [url_of(part) for part in (whole, *parts[:99])]
    assert data_of(api.get(shown["components_url"]))["count"] == 121


# --- the place ------------------------------------------------------------------------


def test_the_put_of_the_guide_registers_and_sets_the_location(
    api: Api, person: User, put: Send, place: dict[str, Any]
) -> None:
    item = ObjectFactory(storage_location=None, by=person)
    answer = put(api, path_of(item), place)
    shown = data_of(answer, 201)
    location = StorageLocation.objects.get()
    assert shown["storage_location"] == url_of(location)
    assert shown["url"] == url_of(item)
    assert (location.path, location.hash) == (place["path"], place["hash"])
    assert url_of(location.storage_root) == place["storage_root"]
    assert location.public is True
    assert location.registered_by == person
    assert state_of(answer) == revision_of(item)


def test_repeating_the_put_changes_nothing(
    api: Api, person: User, put: Send, place: dict[str, Any]
) -> None:
    item = ObjectFactory(storage_location=None, by=person)
    data_of(put(api, path_of(item), place), 201)
    tag, events = revision_of(item), Event.objects.count()
    data_of(put(api, path_of(item), place), 200)
    assert (revision_of(item), Event.objects.count()) == (tag, events)
    assert StorageLocation.objects.count() == 1


def test_an_existing_location_is_used(
    api: Api, person: User, put: Send, place: dict[str, Any]
) -> None:
    known = StorageLocationFactory()
    item = ObjectFactory(storage_location=None, by=person)
    given = {"hash": known.hash, "storage_root": path_of(known.storage_root)}
    shown = data_of(put(api, path_of(item), {**place, **given}), 201)
    assert shown["storage_location"] == url_of(known)
    assert StorageLocation.objects.count() == 1


def test_another_location_is_a_conflict_and_stores_nothing(
    api: Api, person: User, put: Send, place: dict[str, Any]
) -> None:
    item = ObjectFactory(by=person)
    tag, events = revision_of(item), Event.objects.count()
    answer = data_of(put(api, path_of(item), place), 409)
    assert "storage_location cannot be changed" in answer["detail"]
    assert StorageLocation.objects.get() == item.storage_location
    assert (revision_of(item), Event.objects.count()) == (tag, events)


def test_placing_an_unknown_object_gets_404(
    api: Api, put: Send, place: dict[str, Any]
) -> None:
    assert list(data_of(put(api, "/api/object/999/", place), 404)) == ["detail"]
    assert not StorageLocation.objects.exists()


def test_a_put_with_a_place_can_change_other_fields(
    api: Api, person: User, put: Send, place: dict[str, Any]
) -> None:
    item = ObjectFactory(storage_location=None, by=person)
    before = data_of(api.get(path_of(item)))
    body = {**place, "description": "Deaths", "public": "false"}
    shown = data_of(put(api, path_of(item), body), 201)
    changed = {"description", "storage_location", "last_updated"}
    assert {n for n in shown if shown[n] != before[n]} == changed
    assert shown["description"] == "Deaths"
    assert StorageLocation.objects.get().public is False


@pytest.mark.parametrize("wrong", ["paht", "descripton", "storageRoot", "publc"])
def test_a_misspelt_field_beside_a_place_is_refused(
    api: Api, person: User, put: Send, place: dict[str, Any], wrong: str
) -> None:
    item = ObjectFactory(storage_location=None, by=person)
    meant = {"paht": "path", "storageRoot": "storage_root", "publc": "public"}
    name = meant.get(wrong, "description")
    body = {one: value for one, value in place.items() if one != name}
    messages = data_of(put(api, path_of(item), {**body, wrong: "a"}), 400)
    assert messages == {wrong: [f"There is no such field. Did you mean {name}?"]}
    assert not StorageLocation.objects.exists()


def test_an_invalid_place_is_refused_by_field(
    api: Api, person: User, put: Send, place: dict[str, Any]
) -> None:
    item = ObjectFactory(storage_location=None, by=person)
    for name, wrong in (("path", ""), ("hash", ""), ("storage_root", "nowhere")):
        answer = put(api, path_of(item), {**place, name: wrong})
        assert list(data_of(answer, 400)) == [name]
    assert not StorageLocation.objects.exists()


def test_only_the_owner_or_an_administrator_can_place_an_object(
    person: User, put: Send, place: dict[str, Any]
) -> None:
    item = ObjectFactory(storage_location=None, by=person)
    for nobody in (Api(UserFactory()), Api()):
        assert put(nobody, path_of(item), place).status_code == 403
    assert not StorageLocation.objects.exists()
    administrator = Api(UserFactory(roles=["sys-admin-admin"]))
    assert put(administrator, path_of(item), place).status_code == 201


def test_placing_an_object_honours_if_match(
    api: Api, person: User, place: dict[str, Any]
) -> None:
    item = ObjectFactory(storage_location=None, by=person)
    path, seen = path_of(item), revision_of(item)
    data_of(api.call("PATCH", path, {"description": "Deaths"}))
    assert api.call("PUT", path, place, if_match=seen).status_code == 412
    fresh = revision_of(item)
    assert api.call("PUT", path, place, if_match=fresh).status_code == 201


@pytest.mark.django_db(transaction=True)
def test_two_simultaneous_puts_place_an_object_once(
    person: User, place: dict[str, Any]
) -> None:
    item = ObjectFactory(storage_location=None, by=person)
    # one more account, for a person has one token
    people = [Api(person), Api(UserFactory(is_superuser=True))]
    barrier = Barrier(len(people))

    def put(api: Api) -> int:
        try:
            barrier.wait()
            return api.call("PUT", path_of(item), place).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(people)) as pool:
        assert sorted(pool.map(put, people)) == [200, 201]
    assert StorageLocation.objects.count() == 1


# --- what stays -----------------------------------------------------------------------


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_location_cannot_be_changed_once_set(
    api: Api, person: User, method: str
) -> None:
    item = ObjectFactory(by=person)
    for other in (path_of(StorageLocationFactory()), None):
        answer = api.call(method, path_of(item), {"storage_location": other})
        detail = data_of(answer, 409)["detail"]
        assert "storage_location cannot be changed" in detail
        assert "has its location already" in detail


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_the_uuid_is_locked(api: Api, person: User, method: str) -> None:
    item = ObjectFactory(by=person)
    answer = api.call(method, path_of(item), {"uuid": str(uuid.uuid4())})
    assert "uuid cannot be changed" in data_of(answer, 409)["detail"]


def test_the_same_uuid_and_location_are_accepted(api: Api, person: User) -> None:
    item = ObjectFactory(by=person)
    body = {
        "uuid": str(item.uuid).upper(),
        "storage_location": item.storage_location_id,
        "description": "Deaths",
    }
    assert data_of(api.call("PATCH", path_of(item), body))["description"] == "Deaths"


def test_the_list_of_authors_is_replaced(api: Api, person: User) -> None:
    item = ObjectFactory(by=person)
    shown = data_of(api.call("PATCH", path_of(item), {"authors": []}))
    assert shown["authors"] == []
    event = Event.objects.latest("pk")
    assert list(event.changes) == ["authors"]


def test_a_repeated_author_is_stored_once(api: Api) -> None:
    author = ObjectFactory().authors.get()
    links = [author.pk, path_of(author), str(author.uuid)]
    shown = data_of(api.post("/api/object/", {"authors": links}), 201)
    assert shown["authors"] == [url_of(author)]
