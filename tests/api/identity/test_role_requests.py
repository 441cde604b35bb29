"""Role requests in the API."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from registry.core.models import Event
from registry.identity.models import RoleRequest, User
from registry.identity.requests import request_role
from registry.identity.roles import roles_of
from tests.api.client import Api, data_of, url_of
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

LIST = "/api/role_request/"
BODY = {"role": "private-data-read", "reason": "I review the mortality data."}


@pytest.fixture
def ada() -> User:
    return UserFactory(username="ada")


@pytest.fixture
def administrator() -> User:
    return UserFactory(username="curie", roles=["entity-registry-admin"])


def _ask(user: User) -> RoleRequest:
    return request_role(**BODY, by=user)


def _decide(api: Api, request: RoleRequest, state: str, answer: str = "") -> Any:
    body = {"state": state, "answer": answer}
    return api.post(f"{LIST}{request.pk}/decision/", body)


def _roles(user: User) -> frozenset[str]:
    return roles_of(User.objects.get(pk=user.pk))


def _told() -> list[tuple[str, str, str]]:
    events = Event.objects.filter(action__startswith="role_").order_by("pk")
    return [(e.action, e.subject, e.by.username if e.by else "") for e in events]


def test_a_person_can_request_a_role_and_read_the_request(ada: User) -> None:
    api = Api(ada)
    made = data_of(api.post(LIST, BODY), 201)
    assert (made["user"], made["role"], made["state"]) == (
        url_of(ada),
        "private-data-read",
        "open",
    )
    assert (made["decided_by"], made["decided_at"], made["answer"]) == (None, None, "")
    assert data_of(api.get(LIST))["results"] == [made]
    assert data_of(api.get(made["url"])) == made
    assert _told() == [("role_requested", "private-data-read", "ada")]
    assert _roles(ada) == frozenset()


def test_an_administrator_can_grant_a_request(ada: User, administrator: User) -> None:
    request = _ask(ada)
    answer = _decide(Api(administrator), request, "granted", "Welcome.")
    decided = data_of(answer)
    assert (decided["state"], decided["answer"]) == ("granted", "Welcome.")
    assert _roles(ada) == {"private-data-read"}
    shown = data_of(Api(ada).get(f"{LIST}{request.pk}/"))
    assert shown == decided
    assert shown["decided_by"] == url_of(administrator)
    assert shown["decided_at"]
    assert _told()[-2:] == [
        ("role_requested", "private-data-read", "ada"),
        ("role_granted", "private-data-read", "curie"),
    ]


def test_an_administrator_can_refuse_a_request_with_a_reason(
    ada: User, administrator: User
) -> None:
    api, request = Api(administrator), _ask(ada)
    for answer in ("", "  "):
        refused = data_of(_decide(api, request, "refused", answer), 400)
        assert refused == {"answer": ["Say why: a refusal needs a reason."]}
    data_of(_decide(api, request, "refused", "The review is over."))
    shown = data_of(Api(ada).get(f"{LIST}{request.pk}/"))
    assert (shown["state"], shown["answer"]) == ("refused", "The review is over.")
    assert _roles(ada) == frozenset()
    assert _told()[-1] == ("role_refused", "private-data-read", "curie")


def test_a_withdrawn_request_can_be_made_again(ada: User, administrator: User) -> None:
    request = _ask(ada)
    assert _decide(Api(administrator), request, "withdrawn").status_code == 404
    data_of(_decide(Api(ada), request, "withdrawn"))
    assert _told()[-1] == ("role_withdrawn", "private-data-read", "ada")
    assert data_of(Api(ada).post(LIST, BODY), 201)["state"] == "open"


def test_nobody_can_decide_their_own_request(ada: User, administrator: User) -> None:
    own = request_role(role="handle-read", reason="Curious.", by=administrator)
    answer = _decide(Api(administrator), own, "granted")
    assert "another administrator" in data_of(answer, 403)["detail"]
    answer = _decide(Api(ada), _ask(ada), "granted")
    assert "Only an administrator" in data_of(answer, 403)["detail"]
    assert _roles(ada) == frozenset()


def test_an_administrator_can_get_a_role_from_another(administrator: User) -> None:
    other = UserFactory(roles=["sys-admin-admin"])
    data_of(_decide(Api(administrator), _ask(other), "granted"))
    assert _roles(other) == {"sys-admin-admin", "private-data-read"}


def test_a_held_or_requested_role_is_refused(ada: User) -> None:
    api = Api(ada)
    data_of(api.post(LIST, BODY), 201)
    assert data_of(api.post(LIST, BODY), 409) == {
        "detail": "You have asked for the role private-data-read already: "
        "that request is waiting."
    }
    data_of(api.post(LIST, {**BODY, "role": "handle-read"}), 201)
    holder = Api(UserFactory(roles=["private-data-read"]))
    assert data_of(holder.post(LIST, BODY), 409) == {
        "detail": "You hold the role private-data-read already."
    }


@pytest.mark.parametrize(
    "change, field",
    [
        ({"role": "emperor"}, "role"),
        ({"role": None}, "role"),
        ({"reason": ""}, "reason"),
        ({"reason": "   "}, "reason"),
        ({"reason": "x" * 2001}, "reason"),
    ],
)
def test_invalid_values_are_refused_by_field(
    ada: User, change: dict[str, Any], field: str
) -> None:
    assert list(data_of(Api(ada).post(LIST, BODY | change), 400)) == [field]
    assert not RoleRequest.objects.exists()


def test_requests_of_others_get_404(ada: User, administrator: User) -> None:
    request, stranger = _ask(ada), Api(UserFactory())
    assert data_of(stranger.get(LIST))["count"] == 0
    assert stranger.get(f"{LIST}{request.pk}/").status_code == 404
    assert _decide(stranger, request, "withdrawn").status_code == 404
    assert data_of(Api(administrator).get(LIST, {"user": ada.pk}))["count"] == 1
    assert Api().get(LIST).status_code == 403
    assert Api().post(LIST, BODY).status_code == 403
    assert _decide(Api(), request, "granted").status_code == 403


def test_requests_can_be_filtered(ada: User, administrator: User) -> None:
    api = Api(administrator)
    first, second = _ask(ada), request_role(role="handle-read", reason="x", by=ada)
    data_of(_decide(api, first, "granted"))
    for query, found in (
        ({"state": "open"}, second),
        ({"state": "granted"}, first),
        ({"role": "handle-read"}, second),
        ({"decided_by": administrator.pk}, first),
    ):
        [row] = data_of(api.get(LIST, query))["results"]
        assert row["url"].endswith(f"/{found.pk}/")
    assert "choose from open" in data_of(api.get(LIST, {"state": "x"}), 400)["state"][0]


def test_the_list_has_a_constant_number_of_statements(
    administrator: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    api = Api(administrator)
    for size in (1, 20):
        for _ in range(size):
            _ask(UserFactory())
        with django_assert_num_queries(3):
            data_of(api.get(LIST))


def test_deciding_an_unknown_request_gets_404(administrator: User) -> None:
    for pk in (999, 2**63, 10**40):
        for state in ("granted", "withdrawn"):
            path = f"{LIST}{pk}/decision/"
            answer = Api(administrator).post(path, {"state": state})
            assert answer.status_code == 404


def test_a_browser_is_shown_pages(ada: User, administrator: User) -> None:
    request = _ask(ada)
    for user in (ada, administrator):
        for path in (LIST, f"{LIST}{request.pk}/", f"{LIST}{request.pk}/decision/"):
            answer = Api(user).get(path, accept="text/html")
            assert answer.status_code == (405 if "decision" in path else 200)
            assert answer["Content-Type"].startswith("text/html")


def test_a_repeated_post_with_a_key_makes_one_request(ada: User) -> None:
    api = Api(ada)
    answers = [api.post(LIST, BODY, idempotency_key="once") for _ in range(2)]
    assert data_of(answers[0], 201) == data_of(answers[1], 201)
    assert RoleRequest.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_of_two_simultaneous_decisions_gets_409(ada: User) -> None:
    request = _ask(ada)
    apis = [Api(UserFactory(roles=["sys-admin-admin"])) for _ in range(2)]
    statuses = _at_once(
        lambda: _decide(apis[0], request, "granted").status_code,
        lambda: _decide(apis[1], request, "refused", "No.").status_code,
    )
    assert sorted(statuses) == [200, 409]
    request.refresh_from_db()
    is_granted = request.state == RoleRequest.State.GRANTED
    assert is_granted == (statuses[0] == 200)
    assert _roles(ada) == (frozenset([BODY["role"]]) if is_granted else frozenset())
    assert (
        len([one for one in _told() if one[0] in {"role_granted", "role_refused"}]) == 3
    )


@pytest.mark.django_db(transaction=True)
def test_two_simultaneous_requests_leave_one(ada: User) -> None:
    api = Api(ada)
    statuses = _at_once(*[lambda: api.post(LIST, BODY).status_code for _ in range(2)])
    assert sorted(statuses) == [201, 409]
    assert RoleRequest.objects.count() == 1


def _at_once(*works: Any) -> list[int]:
    barrier = Barrier(len(works))

    def run(work: Any) -> int:
        try:
            barrier.wait()
            return int(work())
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))
