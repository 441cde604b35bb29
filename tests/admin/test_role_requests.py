"""Role requests in the admin, which can be decided once."""

from __future__ import annotations

import pytest
from django.test import Client

from registry.identity.models import RoleRequest, User
from registry.identity.requests import decide_request, request_role
from registry.identity.roles import roles_of
from tests import factories
from tests.admin.browsing import (
    add_path,
    change_path,
    fill_in,
    list_path,
    page_of,
    visit,
)
from tests.admin.checks import assert_usable, each

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna() -> User:
    person: User = factories.UserFactory.create(username="anna")
    return person


@pytest.fixture
def request_of_anna(anna: User) -> RoleRequest:
    return request_role(role="handle-read", reason="I read handles.", by=anna)


def test_an_administrator_can_grant_a_request(
    curator: Client, administrator: User, anna: User, request_of_anna: RoleRequest
) -> None:
    path = change_path(request_of_anna)
    assert_usable(visit(curator, path))
    sent = fill_in(curator, path, {"decision": "granted", "answer": "Welcome."})
    assert sent.status_code == 302
    request_of_anna.refresh_from_db()
    assert request_of_anna.state == "granted"
    assert request_of_anna.decided_by == administrator
    assert "handle-read" in roles_of(User.objects.get(pk=anna.pk))
    page = visit(curator, path)
    assert "Welcome." in page.text
    assert not page.soup.select("#content input[type=submit]")


def test_a_refusal_requires_a_reason(
    curator: Client, request_of_anna: RoleRequest
) -> None:
    page = page_of(
        fill_in(curator, change_path(request_of_anna), {"decision": "refused"})
    )
    assert "a refusal needs a reason" in page.errors
    request_of_anna.refresh_from_db()
    assert request_of_anna.state == "open"


def test_a_decided_request_cannot_be_decided_again(
    curator: Client, superuser: User, request_of_anna: RoleRequest
) -> None:
    path = change_path(request_of_anna)
    form = visit(curator, path).form | {"decision": ["granted"]}
    decide_request(request_of_anna.pk, state="refused", answer="No.", by=superuser)
    assert curator.post(path, form).status_code == 403
    request_of_anna.refresh_from_db()
    assert request_of_anna.state == "refused"


def test_nobody_can_add_delete_or_decide_their_own_request(
    curator: Client, administrator: User, request_of_anna: RoleRequest
) -> None:
    own = request_role(role="handle-read", reason="x", by=administrator)
    assert not visit(curator, change_path(own)).soup.select("#content [name=decision]")
    assert curator.get(add_path(RoleRequest)).status_code == 403
    deleting = change_path(request_of_anna).replace("change", "delete")
    assert curator.get(deleting).status_code == 403


def test_the_list_has_a_constant_number_of_queries(
    curator: Client, request_of_anna: RoleRequest
) -> None:
    visits = [lambda: visit(curator, list_path(RoleRequest))]
    once = each(visits)
    for _ in range(29):
        person = factories.UserFactory.create()
        request_role(role="handle-read", reason="x", by=person)
    assert each(visits) == once
