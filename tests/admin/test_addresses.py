"""In the admin, too, e-mail addresses are seen by administrators and owners only."""

from __future__ import annotations

import pytest
from django.test import Client

from registry.identity.accounts import change_user
from registry.identity.models import ApiToken, User
from registry.identity.services import create_user, issue_token
from tests.admin.browsing import (
    change_path,
    fill_in,
    history_path,
    list_path,
    signed_in,
    staff,
    visit,
)

pytestmark = pytest.mark.django_db

ADDRESS = "anna@secret.example.org"


@pytest.fixture
def anna() -> User:
    anna = create_user(username="anna", email="anna@old.example.org")
    issue_token(user=anna, by=anna)
    return change_user(anna.pk, {"email": ADDRESS, "full_name": "Anna B."}, by=anna)


@pytest.fixture
def bert() -> Client:
    """Return the browser of staff who can change accounts."""
    return signed_in(staff("bert", "view_user", "change_user", "view_apitoken"))


def test_staff_see_no_addresses(bert: Client, curator: Client, anna: User) -> None:
    for path in (list_path(User), change_path(anna), history_path(anna)):
        for word, client in ((True, curator), (False, bert)):
            page = visit(client, path)
            assert "anna" in page.html
            assert (ADDRESS in page.html) == word, path
    assert "Anna B." in visit(bert, history_path(anna)).text


def test_staff_see_and_change_their_own_address(bert: Client) -> None:
    own = User.objects.get(username="bert")
    fill_in(bert, change_path(own), {"email": "bert@example.org"})
    assert visit(bert, change_path(own)).form["email"] == ["bert@example.org"]


def test_a_change_by_staff_keeps_the_address(bert: Client, anna: User) -> None:
    fill_in(bert, change_path(anna), {"full_name": "Anna C.", "email": "b@example.org"})
    anna.refresh_from_db()
    assert (anna.full_name, anna.email) == ("Anna C.", ADDRESS)


@pytest.mark.parametrize("text", ["secret.example", ADDRESS])
def test_staff_find_nobody_by_address(
    text: str, bert: Client, curator: Client, anna: User
) -> None:
    for model in (User, ApiToken):
        for number, client in ((1, curator), (0, bert)):
            page = visit(client, list_path(model), q=text)
            assert len(page.soup.select("#result_list tbody tr")) == number
    query = {
        "app_label": "registry",
        "model_name": "userauthor",
        "field_name": "user",
        "term": text,
    }
    answer = bert.get("/admin/autocomplete/", query)
    assert answer.json()["results"] == []


@pytest.mark.parametrize("lookup", ["email", "email__startswith", "email__gt"])
def test_staff_cannot_filter_by_address(
    lookup: str, bert: Client, curator: Client, anna: User
) -> None:
    query = {lookup: ADDRESS[:5] if lookup != "email" else ADDRESS}
    assert bert.get(list_path(User), query).status_code == 400
    assert curator.get(list_path(User), query).status_code == 200


def test_events_are_for_administrators(anna: User, curator: Client) -> None:
    client = signed_in(staff("carl", "view_event"))
    assert client.get("/admin/registry/event/").status_code == 403
    assert "Events" not in visit(client, "/admin/").text
    visit(curator, "/admin/registry/event/")
