"""The audit trail in the API."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from pytest_django import DjangoAssertNumQueries

from registry.core import context
from registry.core.models import Event
from registry.core.verbs import VERBS
from registry.identity import audit
from registry.identity.models import User
from tests.api.client import Api, data_of, rows_of, url_of
from tests.factories import NamespaceFactory, UserFactory

pytestmark = pytest.mark.django_db

LIST = "/api/event/"
#: Finding out whose token it is, and which roles they hold.
WHO = 2


@pytest.fixture
def administrator() -> User:
    return UserFactory(username="curie", roles=["sys-admin-admin"])


@pytest.fixture
def api(administrator: User) -> Api:
    return Api(administrator)


def _happened(action: str, person: User | None, **more: Any) -> Event:
    audit.record(action, person=person, **more)
    return Event.objects.latest("id")


def _found(api: Api, **query: Any) -> list[int]:
    page = data_of(api.get(LIST, query))
    assert page["count"] == len(page["results"])
    return [
        int(event["url"].rstrip("/").rpartition("/")[2]) for event in page["results"]
    ]


@pytest.mark.parametrize("role", ["sys-admin-admin", "entity-registry-admin"])
def test_administrators_can_read_events(role: str) -> None:
    assert data_of(Api(UserFactory(roles=[role])).get(LIST))["count"] > 0
    assert data_of(Api(UserFactory(is_superuser=True)).get(LIST))["count"] > 0


@pytest.mark.parametrize("path", [LIST, f"{LIST}1/"])
def test_others_cannot_read_events(path: str) -> None:
    others = ["sys-admin-write", "entity-registry-write", "private-data-read"]
    for roles in ([], others):
        answer = Api(UserFactory(roles=roles, is_staff=True)).get(path)
        assert data_of(answer, 403) == {"detail": "Only administrators may see this."}
        assert Api(UserFactory()).get(path, {"format": "csv"}).status_code == 403
    assert Api().get(path).status_code == 403
    bad = Api(authorization=f"token {'0' * 40}")
    assert bad.get(path).status_code == 401


def test_nobody_can_write_events(api: Api, administrator: User) -> None:
    event = _happened("signed_in", administrator)
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        for path in (LIST, f"{LIST}{event.pk}/"):
            assert api.call(method, path, {}).status_code == 405
    assert Event.objects.filter(pk=event.pk).exists()


def test_an_event_has_all_its_fields(api: Api, administrator: User) -> None:
    person = UserFactory()
    event = _happened(
        "role_refused",
        person,
        by=administrator,
        subject="handle-read",
        client="firefox",
        address="192.0.2.7",
        detail={"role_request": 7},
    )
    shown = data_of(api.get(f"{LIST}{event.pk}/"))
    assert shown == {
        "url": f"http://testserver{LIST}{event.pk}/",
        "at": event.at.isoformat().replace("+00:00", "Z"),
        "action": "role_refused",
        "kind": "users",
        "record_id": person.pk,
        "by": url_of(administrator),
        "client": "firefox",
        "address": "192.0.2.7",
        "subject": "handle-read",
        "changes": {},
        "detail": {"role_request": 7},
    }


def test_events_of_records_have_client_and_address(api: Api) -> None:
    person = UserFactory()
    registered = Api(person, user_agent="fair-cli/0.11.0").post(
        "/api/namespace/", {"name": "influenza"}
    )
    pk = int(data_of(registered, 201)["url"].rstrip("/").rpartition("/")[2])
    [event] = data_of(api.get(LIST, {"kind": "namespace", "record_id": pk}))["results"]
    assert (event["action"], event["by"]) == ("created", url_of(person))
    assert (event["client"], event["address"]) == ("fair-cli/0.11.0", "127.0.0.1")


def test_events_can_be_filtered_by_person(api: Api, administrator: User) -> None:
    person, other = UserFactory(username="ada"), UserFactory(username="ben")
    about = _happened("token_revoked", person, by=administrator)
    by = NamespaceFactory(by=person)
    did = Event.objects.get(kind="namespace", record_id=by.pk)
    _happened("signed_in", other)
    made = Event.objects.get(kind="users", record_id=person.pk, action="created")
    for who in ("ada", person.pk, url_of(person)):
        assert _found(api, who=who) == [did.pk, about.pk, made.pk]
    assert _found(api, by=person.pk) == [did.pk]
    for stranger in ("nobody", 10**12, "http://testserver/api/users/999999/"):
        assert _found(api, who=stranger) == []


def test_events_can_be_filtered_by_action_and_origin(api: Api) -> None:
    person = UserFactory()
    home = _happened("signed_in", person, address="192.0.2.7", client="Firefox/140")
    failed = _happened("sign_in_failed", person, address="198.51.100.9")
    role = _happened("role_requested", person, subject="handle-read", client="curl/8")
    assert _found(api, action="signed_in") == [home.pk]
    both = urlencode([("action", "signed_in"), ("action", "sign_in_failed")])
    assert data_of(api.get(f"{LIST}?{both}"))["count"] == 2
    assert _found(api, address="192.0.2.*") == [home.pk]
    assert _found(api, client="Firefox/*") == [home.pk]
    assert _found(api, subject="handle-*", action="role_requested") == [role.pk]
    assert _found(api, kind="users", record_id=person.pk, address="198.*") == [
        failed.pk
    ]


def test_events_can_be_filtered_by_time(api: Api) -> None:
    person = UserFactory()
    events = [_happened("signed_in", person) for _ in range(3)]
    now = events[0].at
    for days, event in enumerate(events):
        moment = now - timedelta(days=days)
        Event.objects.filter(pk=event.pk).update(at=moment)
    yesterday = (now - timedelta(days=1)).isoformat()
    assert _found(api, action="signed_in", since=yesterday) == [
        events[1].pk,
        events[0].pk,
    ]
    assert _found(api, action="signed_in", until=yesterday) == [
        events[2].pk,
        events[1].pk,
    ]


@pytest.mark.parametrize(
    "name, value, told",
    [
        ("action", "danced", "choose from created, updated"),
        ("since", "yesterday", "2026-11-20T15:28:33Z"),
        ("record_id", "seven", "whole number"),
        ("by", "nobody", "There is no user with"),
        ("ordering", "detail", "choose from"),
    ],
)
def test_invalid_values_are_refused_by_parameter(
    api: Api, name: str, value: str, told: str
) -> None:
    assert told in data_of(api.get(LIST, {name: value}), 400)[name][0]


def test_unknown_parameters_are_refused(api: Api) -> None:
    detail = data_of(api.get(LIST, {"actoin": "created"}), 400)["detail"]
    assert "Did you mean action" in detail


def test_pages_follow_each_other(api: Api) -> None:
    person = UserFactory()
    events = [_happened("signed_in", person).pk for _ in range(5)]
    first = data_of(api.get(LIST, {"action": "signed_in", "page_size": 2}))
    second = data_of(api.get(first["next"]))
    assert first["count"] == second["count"] == 5
    shown = [event["url"] for page in (first, second) for event in page["results"]]
    assert shown == [
        f"http://testserver{LIST}{pk}/" for pk in sorted(events, reverse=True)[:4]
    ]


def test_a_list_has_a_constant_number_of_queries(
    api: Api, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    person = UserFactory()
    for size in (1, 30):
        for _ in range(size):
            _happened("signed_in", person)
        with django_assert_num_queries(WHO + 1):
            data_of(api.get(LIST, {"action": "signed_in"}))
    with django_assert_num_queries(WHO + 2):
        data_of(api.get(LIST, {"action": "signed_in", "page_size": 5}))
    with django_assert_num_queries(WHO + 2):
        data_of(api.get(LIST, {"who": person.username}))
    with django_assert_num_queries(WHO + 1):
        rows = rows_of(api.get(LIST, {"format": "csv", "action": "signed_in"}))
    assert len(rows) == 31


def test_csv_has_details_as_json(api: Api) -> None:
    _happened("sign_in_failed", None, detail={"with": "password"})
    [row] = rows_of(api.get(LIST, {"format": "csv", "action": "sign_in_failed"}))
    assert json.loads(row["detail"]) == {"with": "password"}
    assert (row["record_id"], row["by"], row["changes"]) == ("", "", "{}")


def test_every_action_has_a_name_of_its_own() -> None:
    assert len({verb.label.lower() for verb in VERBS.values()}) == len(VERBS)
    assert context.address.get() == ""
