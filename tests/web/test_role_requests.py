"""Role requests on pages, and the queue of administrators."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from registry.core.models import Event
from registry.identity.models import RoleRequest, User
from registry.identity.requests import decide_request, request_role
from registry.identity.roles import ROLES, roles_of
from tests.factories import UserFactory
from tests.web.pages import link, main_of, words_of

pytestmark = pytest.mark.django_db

ASK, QUEUE = "/account/request-role/", "/role-requests/"
FORM = {"role": "handle-write", "reason": "I mint handles for our <b>models</b>."}


@pytest.fixture
def ada() -> User:
    return UserFactory(username="ada")


@pytest.fixture
def administrator() -> User:
    return UserFactory(username="curie", roles=["entity-registry-admin"])


def _as(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def _said(client: Client, path: str, status: int = 200) -> str:
    return words_of(main_of(client.get(path), status))


def test_a_person_can_request_a_role(ada: User) -> None:
    client = _as(ada)
    main = main_of(client.get("/account/"))
    assert link(main, "Request a role") == ASK
    form = main_of(client.get(ASK))
    assert {o["value"] for o in form.select("option")} == {"", *ROLES}
    for role in ROLES:
        assert role in words_of(form)
    said = words_of(main_of(client.post(ASK, FORM, follow=True)))
    assert "Request sent." in said
    assert "handle-write waiting" in said
    assert RoleRequest.objects.get().user == ada


def test_missing_values_are_marked_at_their_fields(ada: User) -> None:
    main = main_of(_as(ada).post(ASK, {"role": "", "reason": ""}), 400)
    assert len(main.select(".field-error")) == 2
    assert len(main.select("[aria-invalid=true]")) == 2
    main = main_of(_as(ada).post(ASK, {**FORM, "role": "emperor"}), 400)
    [box] = main.select("textarea")
    assert box.text.strip() == FORM["reason"]
    assert not RoleRequest.objects.exists()


def test_a_second_request_for_a_role_is_refused(ada: User) -> None:
    client = _as(ada)
    client.post(ASK, FORM)
    said = words_of(main_of(client.post(ASK, FORM), 409))
    assert "You have asked for the role handle-write already" in said
    assert RoleRequest.objects.count() == 1


def test_held_roles_are_not_offered(ada: User) -> None:
    holder = _as(UserFactory(roles=["handle-write"]))
    form = main_of(holder.get(ASK))
    assert "handle-write" not in {o["value"] for o in form.select("option")}
    assert holder.post(ASK, FORM).status_code == 400


def test_the_queue_shows_person_role_and_reason(ada: User, administrator: User) -> None:
    request_role(**FORM, by=ada)
    client = _as(administrator)
    account = main_of(client.get("/account/"))
    assert link(account, "Role requests") == QUEUE
    assert "1 open" in words_of(account)
    said = _said(client, QUEUE)
    for text in ("ada: handle-write", ada.email, FORM["reason"], "make handles"):
        assert text in said


def test_a_grant_takes_effect_and_the_person_sees_it(
    ada: User, administrator: User
) -> None:
    request = request_role(**FORM, by=ada)
    form = {"state": "granted", "answer": "Mint well."}
    answer = _as(administrator).post(f"{QUEUE}{request.pk}/", form, follow=True)
    assert "handle-write for ada: granted." in words_of(main_of(answer))
    assert roles_of(User.objects.get(pk=ada.pk)) == {"handle-write"}
    said = _said(_as(ada), "/account/")
    assert "handle-write In Provena: make handles" in said
    assert "granted" in said
    assert "Mint well." in said
    assert "Withdraw" not in said


def test_a_refusal_needs_a_reason_that_the_person_sees(
    ada: User, administrator: User
) -> None:
    request = request_role(**FORM, by=ada)
    client, path = _as(administrator), f"{QUEUE}{request.pk}/"
    main = main_of(client.post(path, {"state": "refused", "answer": " "}), 400)
    assert "Say why: a refusal needs a reason." in words_of(main)
    client.post(path, {"state": "refused", "answer": "Ask <i>Ben</i> first."})
    page = _as(ada).get("/account/")
    assert "Ask <i>Ben</i> first." in words_of(main_of(page))
    assert "<i>Ben" not in page.content.decode()


def test_a_second_decision_shows_the_first(ada: User, administrator: User) -> None:
    request = request_role(**FORM, by=ada)
    other = UserFactory(roles=["sys-admin-admin"])
    decide_request(request.pk, state="refused", answer="No.", by=other)
    form = {"state": "granted", "answer": ""}
    main = main_of(_as(administrator).post(f"{QUEUE}{request.pk}/", form), 409)
    assert "This request was decided already: it is refused." in words_of(main)
    assert roles_of(User.objects.get(pk=ada.pk)) == frozenset()
    assert not Event.objects.filter(action="role_granted", record_id=ada.pk).exists()


def test_a_person_can_withdraw_a_request(ada: User) -> None:
    request = request_role(**FORM, by=ada)
    path = f"/account/role-requests/{request.pk}/withdraw"
    assert _as(UserFactory()).post(path).status_code == 404
    said = words_of(main_of(_as(ada).post(path, follow=True)))
    assert "Your request was withdrawn." in said
    assert "withdrawn" in said
    said = words_of(main_of(_as(ada).post(path, follow=True)))
    assert "decided already" in said


def test_others_cannot_view_or_decide_requests(ada: User) -> None:
    request = request_role(**FORM, by=ada)
    staff = _as(UserFactory(is_staff=True, roles=["entity-registry-write"]))
    for client, status in ((staff, 403), (Client(), 302)):
        assert client.get(QUEUE).status_code == status
        path = f"{QUEUE}{request.pk}/"
        assert client.post(path, {"state": "granted"}).status_code == status
    assert "Role requests" not in _said(staff, "/account/")
    request.refresh_from_db()
    assert request.state == "open"


def test_a_get_decides_nothing(ada: User, administrator: User) -> None:
    request = request_role(**FORM, by=ada)
    client = _as(administrator)
    for path in (f"{QUEUE}{request.pk}/", "/account/role-requests/1/withdraw"):
        assert client.get(path, {"state": "granted"}).status_code == 405
    request.refresh_from_db()
    assert request.state == "open"


def test_forms_of_other_sites_are_refused(ada: User, administrator: User) -> None:
    request = request_role(**FORM, by=ada)
    client = Client(enforce_csrf_checks=True)
    client.force_login(administrator)
    for path in (
        ASK,
        f"{QUEUE}{request.pk}/",
        f"/account/role-requests/{request.pk}/withdraw",
    ):
        assert client.post(path, {**FORM, "state": "granted"}).status_code == 403
    request.refresh_from_db()
    assert (request.state, RoleRequest.objects.count()) == ("open", 1)


def test_the_queue_has_a_constant_number_of_queries(
    administrator: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = _as(administrator)
    for size in (1, 19):
        for _ in range(size):
            request_role(**FORM, by=UserFactory())
        # the session, its user, their roles, what waits, what was decided
        with django_assert_num_queries(5):
            client.get(QUEUE)
