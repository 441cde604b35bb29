"""Reads that a client has seen already are answered with 304, and no others."""

from __future__ import annotations

import pytest

from tests.api.client import Api, content_of, data_of, path_of, revision_of
from tests.factories import KeywordFactory, ObjectFactory, UserFactory

pytestmark = pytest.mark.django_db

LIST = "/api/object/"
OLD = "application/json; version=1.0.0"


@pytest.mark.parametrize("form", ["{}", "W/{}", '"x", {}', 'W/{}, W/"y"', "*"])
def test_a_record_and_a_list_are_not_sent_again(form: str) -> None:
    thing = ObjectFactory()
    for path in (path_of(thing), LIST, f"{LIST}?page_size=1"):
        first = Api().get(path)
        known = form.format(first["ETag"])
        for method in ("GET", "HEAD"):
            again = Api().call(method, path, **{"if-none-match": known})
            assert again.status_code == 304, (path, method)
            assert content_of(again) == b""
            for name in ("ETag", "Vary", "Cache-Control"):
                assert again[name] == first[name]
        assert Api().get(path, **{"if-none-match": '"x"'}).status_code == 200


def test_a_change_of_the_record_or_of_what_links_to_it_is_sent() -> None:
    thing = ObjectFactory(by=UserFactory())
    path = path_of(thing)
    known = Api().get(path)["ETag"], Api().get(LIST)["ETag"]
    revision = revision_of(thing)
    KeywordFactory(object=thing)
    # the row is the same, but not what a client reads
    assert revision_of(thing) == revision
    for address, tag in zip((path, LIST), known, strict=True):
        answer = Api().get(address, **{"if-none-match": tag})
        assert "/api/keyword/" in str(data_of(answer))
        assert answer["ETag"] != tag


def test_each_version_choice_of_fields_and_page_has_its_own_tag() -> None:
    thing, _ = ObjectFactory(), ObjectFactory()
    tags = [
        Api().get(path, accept=accept)["ETag"]
        for path in (path_of(thing), LIST, f"{LIST}?page_size=1")
        for accept in ("application/json", OLD, "application/json; indent=2")
    ]
    tags.append(Api().get(path_of(thing), {"fields": "url"})["ETag"])
    assert len(set(tags)) == len(tags)


def test_the_tag_of_a_read_is_good_for_a_change() -> None:
    person = UserFactory()
    thing = ObjectFactory(by=person)
    api, path = Api(person), path_of(thing)
    seen = api.get(path)["ETag"]
    KeywordFactory(object=thing)
    # what others say of it does not stand in the way of a change
    changed = api.call("PATCH", path, {"description": "new"}, **{"if-match": seen})
    assert data_of(changed)["description"] == "new"
    stale = api.call("PATCH", path, {"description": "newer"}, **{"if-match": seen})
    assert data_of(stale, 412)
    current = changed["ETag"]
    assert api.get(path, **{"if-none-match": current}).status_code == 304


def test_what_only_some_people_see_is_told_to_nobody_else() -> None:
    ada, bob = UserFactory(email="ada@example.org"), UserFactory()
    path = f"/api/users/{ada.pk}/"
    mine = Api(ada).get(path)
    assert mine["Cache-Control"] == "private, no-cache"
    assert {"Authorization", "Cookie", "Accept"} <= set(mine["Vary"].split(", "))
    known = {"if-none-match": mine["ETag"]}
    assert Api(ada).get(path, **known).status_code == 304
    other = Api(bob).get(path, **known)
    assert data_of(other)["email"] == ""
    for guess in (mine["ETag"], "*"):
        assert Api().get(path, **{"if-none-match": guess}).status_code == 403
    assert Api().get(LIST)["Cache-Control"] == "no-cache"


def test_errors_and_writes_are_never_304() -> None:
    api = Api(UserFactory(), **{"if-none-match": "*"})
    assert api.get(f"{LIST}999999999/").status_code == 404
    assert api.get(LIST, {"nonsense": "1"}).status_code == 400
    assert api.post(LIST, {}).status_code == 201
