"""Accounts and groups: who can change what."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission

from registry.core.errors import (
    Conflict,
    Duplicate,
    Forbidden,
    InvalidInput,
    NotFound,
    RegistryError,
)
from registry.core.models import Event
from registry.identity.accounts import (
    change_group,
    change_password,
    change_user,
    create_group,
)
from registry.identity.models import User
from registry.identity.roles import may_manage, role_groups
from registry.identity.services import create_user

pytestmark = pytest.mark.django_db


def _account(name: str, *roles: str, staff: bool = False, root: bool = False) -> User:
    return create_user(
        username=name, password="x", is_staff=staff, is_superuser=root, roles=roles
    )


@pytest.fixture
def anna() -> User:
    """Return an account without roles."""
    return _account("anna")


@pytest.fixture
def administrator() -> User:
    """Return an administrator who is not a superuser."""
    return _account("curator", "sys-admin-admin", staff=True)


@pytest.fixture
def superuser() -> User:
    """Return a superuser."""
    return _account("root", root=True)


def test_only_accounts_with_more_power_can_change_an_account() -> None:
    ranks = [
        _account("plain"),
        _account("staff", staff=True),
        _account("curator", "entity-registry-admin"),
        _account("root", root=True),
    ]
    for above, by in enumerate(ranks):
        for below, account in enumerate(ranks):
            expected = above > below or by == account
            assert may_manage(by, account) == expected, (by, account)
    assert may_manage(ranks[-1], _account("root-2", root=True))


def test_accounts_with_a_role_are_managed_by_administrators_only(
    administrator: User,
) -> None:
    reader = _account("reader", "private-data-read")
    assert not may_manage(_account("staff", staff=True), reader)
    assert may_manage(administrator, reader)
    assert not may_manage(reader, _account("plain"))


def test_the_role_of_an_inactive_account_counts(administrator: User) -> None:
    administrator.is_active = False
    assert not may_manage(_account("staff", staff=True), administrator)


def test_changed_fields_are_saved_with_an_event(
    administrator: User, anna: User
) -> None:
    values = {"full_name": "Anna", "email": "", "groups": role_groups(["handle-read"])}
    change_user(anna.pk, values, by=administrator)
    anna.refresh_from_db()
    assert anna.full_name == "Anna"
    event = Event.objects.latest("pk")
    assert (event.kind, event.record_id, event.by) == ("users", anna.pk, administrator)
    assert event.changes == {
        "full_name": ["", "Anna"],
        "groups": [[], ["handle-read"]],
    }
    change_user(anna.pk, values, by=administrator)
    assert Event.objects.latest("pk") == event


@pytest.mark.parametrize(
    "values", [{"is_superuser": True}, {"user_permissions": "all"}], ids=list
)
def test_administrators_cannot_change_superuser_fields(
    administrator: User, anna: User, values: dict[str, object]
) -> None:
    if "user_permissions" in values:
        values = {"user_permissions": Permission.objects.all()[:2]}
    with pytest.raises(Forbidden):
        change_user(anna.pk, values, by=administrator)
    assert not anna.user_permissions.exists()


def test_staff_cannot_change_administrator_fields(anna: User) -> None:
    bert = _account("bert", staff=True)
    for values in ({"is_staff": True}, {"groups": role_groups(["handle-read"])}):
        for account in (anna, bert):
            if account == bert and "is_staff" in values:
                continue
            with pytest.raises(Forbidden):
                change_user(account.pk, values, by=bert)
    change_user(anna.pk, {"full_name": "Anna", "groups": []}, by=bert)


@pytest.mark.parametrize("name", ["is_active", "is_staff", "is_superuser"])
def test_nobody_can_lock_themselves_out(superuser: User, name: str) -> None:
    with pytest.raises(Conflict):
        change_user(superuser.pk, {name: False}, by=superuser)


@pytest.mark.parametrize(
    "values, error",
    [
        ({"username": "root"}, Duplicate),
        ({"username": "an na"}, InvalidInput),
        ({"email": "anna"}, InvalidInput),
    ],
)
def test_invalid_values_are_refused(
    superuser: User, anna: User, values: dict[str, str], error: type[RegistryError]
) -> None:
    events = Event.objects.count()
    with pytest.raises(error):
        change_user(anna.pk, values, by=superuser)
    anna.refresh_from_db()
    assert anna.username == "anna"
    assert Event.objects.count() == events


def test_an_unknown_account_is_not_found(superuser: User) -> None:
    with pytest.raises(NotFound):
        change_user(4711, {}, by=superuser)


def test_the_event_of_a_changed_password_does_not_contain_it(
    administrator: User, anna: User
) -> None:
    change_password(user=anna, password="a fortnight in bed", by=administrator)
    anna.refresh_from_db()
    assert anna.check_password("a fortnight in bed")
    assert Event.objects.latest("pk").changes == {"password": [None, None]}
    change_password(user=anna, password=None, by=anna)
    assert not anna.has_usable_password()


def test_the_password_of_an_account_with_more_power_cannot_be_changed(
    administrator: User, superuser: User
) -> None:
    with pytest.raises(Forbidden):
        change_password(user=superuser, password="mine", by=administrator)
    superuser.refresh_from_db()
    assert superuser.check_password("x")


def test_only_administrators_can_change_groups(administrator: User, anna: User) -> None:
    permissions = Permission.objects.all()[:1]
    with pytest.raises(Forbidden):
        create_group(name="readers", permissions=permissions, by=anna)
    group = create_group(name="readers", permissions=permissions, by=administrator)
    assert group.permissions.count() == 1
    with pytest.raises(Forbidden):
        change_group(group.pk, {"permissions": []}, by=anna)
    change_group(group.pk, {"name": "lookers", "permissions": []}, by=administrator)
    group.refresh_from_db()
    assert (group.name, group.permissions.count()) == ("lookers", 0)
    told = Event.objects.filter(kind="groups", record_id=group.pk).order_by("pk")
    assert [event.action for event in told] == ["created", "updated"]
    with pytest.raises(Duplicate):
        create_group(name="lookers", permissions=[], by=administrator)
    with pytest.raises(InvalidInput):
        create_group(name="", permissions=[], by=administrator)


def test_the_group_of_a_role_keeps_its_name_and_can_have_permissions(
    administrator: User,
) -> None:
    [role] = role_groups(["handle-read"])
    with pytest.raises(Conflict):
        change_group(role.pk, {"name": "readers"}, by=administrator)
    values = {"name": "handle-read", "permissions": Permission.objects.all()[:3]}
    change_group(role.pk, values, by=administrator)
    assert Group.objects.get(name="handle-read").permissions.count() == 3
