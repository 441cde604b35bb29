"""Accounts, roles and tokens in the admin."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client

from registry.core.models import Event
from registry.identity.models import User
from registry.identity.roles import ROLES
from registry.identity.services import create_user
from tests.access import grant_access, remaining_access
from tests.admin.browsing import (
    FIREFOX,
    PASSWORD,
    add_path,
    change_path,
    fill_in,
    history_path,
    list_path,
    page_of,
    signed_in,
    staff,
    visit,
)
from tests.admin.checks import assert_usable

pytestmark = pytest.mark.django_db

NEW = {
    "username": "anna",
    "full_name": "Anna B.",
    "email": "anna@example.org",
    "usable_password": "true",
    "password1": "a fortnight in bed",
    "password2": "a fortnight in bed",
}


@pytest.fixture
def anna() -> User:
    """Return an account without special permissions."""
    return create_user(username="anna", password=PASSWORD, full_name="Anna B.")


def _password_path(user: User) -> str:
    return f"/admin/registry/user/{user.pk}/password/"


def test_the_service_creates_an_account(curator: Client, administrator: User) -> None:
    answer = fill_in(curator, add_path(User), NEW)
    assert answer.status_code == 302, page_of(answer).errors
    anna = User.objects.get(username="anna")
    assert answer["Location"] == change_path(anna)
    assert anna.check_password(NEW["password1"])
    assert (anna.full_name, anna.email) == (NEW["full_name"], NEW["email"])
    assert (anna.is_staff, anna.is_superuser) == (False, False)
    event = Event.objects.latest("pk")
    assert (event.kind, event.record_id, event.by, event.client) == (
        "users",
        anna.pk,
        administrator,
        FIREFOX,
    )


def test_an_account_can_lack_a_password(curator: Client) -> None:
    values = NEW | {"usable_password": "false", "password1": "", "password2": ""}
    fill_in(curator, add_path(User), values)
    assert not User.objects.get(username="anna").has_usable_password()


@pytest.mark.parametrize(
    "values, message",
    [
        ({"username": "curator"}, "already exists"),
        ({"username": "an na"}, "valid username"),
        ({"email": "anna"}, "valid email"),
        ({"password2": "another fortnight"}, "match"),
        ({"password1": "influenza", "password2": "influenza"}, "too short"),
    ],
)
def test_an_invalid_account_shows_errors(
    curator: Client, values: dict[str, str], message: str
) -> None:
    page = page_of(fill_in(curator, add_path(User), NEW | values))
    assert page.status == 200
    assert message in page.errors
    assert User.objects.count() == 1


def test_the_service_changes_an_account(
    curator: Client, administrator: User, anna: User
) -> None:
    values = {
        "full_name": "Anna C.",
        "orgs": "Our lab\r\n\r\n  The school ",
        "is_staff": True,
        "roles": ["private-data-read", "handle-read"],
    }
    answer = fill_in(curator, change_path(anna), values)
    assert answer.status_code == 302, page_of(answer).errors
    anna.refresh_from_db()
    assert (anna.full_name, anna.orgs) == ("Anna C.", ["Our lab", "The school"])
    assert anna.is_staff
    assert anna.check_password(PASSWORD)
    event = Event.objects.latest("pk")
    assert event.by == administrator
    assert event.changes == {
        "full_name": ["Anna B.", "Anna C."],
        "orgs": [[], ["Our lab", "The school"]],
        "is_staff": [False, True],
        "groups": [[], ["handle-read", "private-data-read"]],
    }
    page = visit(curator, history_path(anna))
    assert re.search("groups . handle-read, private-data-read", page.text)
    # once more, as it is: nothing happens
    fill_in(curator, change_path(anna), {})
    assert Event.objects.latest("pk") == event


def test_roles_and_other_groups_are_one_list(root: Client, anna: User) -> None:
    readers = Group.objects.create(name="readers")
    anna.groups.set([readers])
    fill_in(root, change_path(anna), {"roles": ["private-data-read"]})
    assert {group.name for group in anna.groups.all()} == {
        "readers",
        "private-data-read",
    }
    page = visit(root, change_path(anna))
    assert page.form["groups"] == [str(readers.pk)]
    assert page.form["roles"] == ["private-data-read"]
    fill_in(root, change_path(anna), {"groups": []})
    assert [group.name for group in anna.groups.all()] == ["private-data-read"]
    page = visit(root, list_path(User), role="private-data-read")
    assert len(page.soup.select("#result_list tbody tr")) == 1


def test_each_role_has_a_checkbox(curator: Client, anna: User) -> None:
    page = visit(curator, change_path(anna))
    boxes = page.soup.select("input[name=roles]")
    assert [str(box["value"]) for box in boxes] == list(ROLES)
    assert_usable(page)


# Nobody gives what they do not hold


def test_an_administrator_cannot_make_a_superuser(curator: Client, anna: User) -> None:
    permission = Permission.objects.get(codename="add_object")
    values = {"is_superuser": True, "user_permissions": [permission]}
    fill_in(curator, change_path(anna), values)
    anna.refresh_from_db()
    assert not anna.is_superuser
    assert not anna.user_permissions.exists()


def test_a_superuser_can_make_a_superuser(root: Client, anna: User) -> None:
    permission = Permission.objects.get(codename="add_object")
    values = {"is_superuser": True, "user_permissions": [permission]}
    fill_in(root, change_path(anna), values)
    anna.refresh_from_db()
    assert anna.is_superuser
    changes = Event.objects.latest("pk").changes
    assert changes["user_permissions"] == [[], ["registry.add_object"]]


def test_staff_cannot_grant_roles(anna: User) -> None:
    bert = staff("bert", "view_user", "change_user")
    client = signed_in(bert)
    values = {"full_name": "Anna C.", "roles": ["sys-admin-admin"], "is_staff": True}
    for account in (anna, bert):
        assert fill_in(client, change_path(account), values).status_code == 302
        account.refresh_from_db()
        assert account.full_name == "Anna C."
        assert account.is_staff == (account == bert)
        assert not account.groups.exists()


@pytest.mark.parametrize("rank", ["superuser", "administrator", "peer"])
def test_an_account_with_equal_permissions_cannot_be_changed(
    rank: str, administrator: User, superuser: User
) -> None:
    bert = staff("bert", "view_user", "change_user")
    by, account = {
        "superuser": (administrator, superuser),
        "administrator": (bert, administrator),
        "peer": (bert, staff("carl")),
    }[rank]
    client = signed_in(by)
    page = visit(client, change_path(account))
    assert not page.soup.select("#content input:not([type=hidden])")
    assert client.post(change_path(account), {"username": "x"}).status_code == 403
    assert client.get(_password_path(account)).status_code == 403
    form = {"password1": NEW["password1"], "password2": NEW["password1"]}
    assert client.post(_password_path(account), form).status_code == 403
    account.refresh_from_db()
    assert account.check_password(PASSWORD)


def test_nobody_can_deactivate_themselves(root: Client, superuser: User) -> None:
    page = page_of(fill_in(root, change_path(superuser), {"is_superuser": False}))
    assert page.status == 200
    assert "Let somebody else" in page.errors
    superuser.refresh_from_db()
    assert superuser.is_superuser


# Passwords


def test_the_service_sets_a_password(curator: Client, anna: User) -> None:
    form = {"password1": NEW["password1"], "password2": NEW["password1"]}
    answer = curator.post(_password_path(anna), form | {"usable_password": "true"})
    assert answer.status_code == 302
    anna.refresh_from_db()
    assert anna.check_password(NEW["password1"])
    event = Event.objects.latest("pk")
    assert (event.record_id, event.changes) == (anna.pk, {"password": [None, None]})
    assert "password" in visit(curator, history_path(anna)).text


def test_a_password_can_be_removed(curator: Client, anna: User) -> None:
    form = {"usable_password": "false", "unset-password": "Disable"}
    assert curator.post(_password_path(anna), form).status_code == 302
    anna.refresh_from_db()
    assert not anna.has_usable_password()


def test_people_change_their_own_password_on_the_site(curator: Client) -> None:
    assert curator.get("/admin/password_change/")["Location"] == "/account/password/"
    page = visit(curator, "/admin/")
    assert page.soup.select_one("a[href='/admin/password_change/']")


@pytest.mark.parametrize("usable", ["true", "false"])
def test_a_password_set_by_an_administrator_revokes_all_access(
    curator: Client, anna: User, usable: str
) -> None:
    admitted = grant_access(anna)
    form = {"password1": NEW["password1"], "password2": NEW["password1"]}
    disable = {"unset-password": "Disable"} if usable == "false" else {}
    answer = curator.post(
        _password_path(anna), form | disable | {"usable_password": usable}
    )
    assert answer.status_code == 302
    assert remaining_access(*admitted) == [False] * 3
    ended = Event.objects.filter(record_id=anna.pk, action__contains="revoked")
    assert ended.count() == 2
