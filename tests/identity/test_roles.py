"""What roles allow people to do."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from pytest_django import DjangoAssertNumQueries

from registry.core.errors import Forbidden, NotFound, Stale
from registry.identity.models import User
from registry.identity.ownership import change_own, delete_own, may_change
from registry.identity.roles import (
    ROLES,
    administrator_roles,
    administrators_among,
    curators_among,
    is_administrator,
    is_curator,
    may_enter_administration,
    may_execute,
    roles_of,
)
from registry.runs.models import CodeRun
from tests.factories import CodeRunFactory, FileTypeFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_administrators_are_superusers_and_those_with_the_two_roles() -> None:
    administrators = {
        role for role in ROLES if is_administrator(UserFactory(roles=[role]))
    }
    expected = {"sys-admin-admin", "entity-registry-admin"}
    assert administrators == administrator_roles() == expected
    assert is_administrator(UserFactory(is_superuser=True))
    assert not is_administrator(UserFactory(is_staff=True))
    assert not is_administrator(AnonymousUser())


def test_an_inactive_account_is_not_an_administrator() -> None:
    person = UserFactory(is_superuser=True)
    person.is_active = False
    assert not is_administrator(person)


def test_curators_are_administrators_and_holders_of_the_role() -> None:
    people = {role: UserFactory(roles=[role]) for role in ROLES}
    curators = {role for role, person in people.items() if is_curator(person)}
    assert curators == administrator_roles() | {"curator"}
    root, staff = UserFactory(is_superuser=True), UserFactory(is_staff=True)
    assert is_curator(root)
    assert not is_curator(staff)
    assert not is_curator(AnonymousUser())
    everybody = [*people.values(), root, staff]
    ids = [person.pk for person in everybody]
    assert curators_among(ids) == {one.pk for one in everybody if is_curator(one)}
    assert administrators_among(ids) == {
        one.pk for one in everybody if is_administrator(one)
    }
    assert curators_among([]) == set()


def test_a_curator_is_no_administrator_and_an_inactive_one_nothing() -> None:
    person = UserFactory(roles=["curator"])
    assert not is_administrator(person)
    assert may_change(person, FileTypeFactory())
    person.is_active = False
    person.save()
    assert not is_curator(person)
    assert not may_enter_administration(person)
    assert curators_among([person.pk]) == set()


def test_people_can_change_their_own_records_and_administrators_any() -> None:
    owner = UserFactory()
    record = FileTypeFactory(by=owner)
    allowed: dict[Any, bool] = {
        owner: True,
        UserFactory(roles=["sys-admin-admin"]): True,
        UserFactory(roles=["sys-admin-write", "entity-registry-write"]): False,
        UserFactory(): False,
    }
    assert {person: may_change(person, record) for person in allowed} == allowed
    assert not may_change(AnonymousUser(), record)


def test_administrators_and_holders_of_two_roles_can_run_executors() -> None:
    runners = {role for role in ROLES if may_execute(UserFactory(roles=[role]))}
    assert runners == administrator_roles() | {"job-service-admin", "iceprod-system"}
    assert may_execute(UserFactory(is_superuser=True))
    assert not may_execute(UserFactory())


def test_roles_are_queried_once(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    person = User.objects.get(pk=UserFactory(roles=["handle-read"]).pk)
    with django_assert_num_queries(1):
        assert roles_of(person) == roles_of(person) == {"handle-read"}
    with django_assert_num_queries(0):
        assert roles_of(AnonymousUser()) == frozenset()


# --- changing one's own records -------------------------------------------------------


def test_a_change_by_somebody_else_is_forbidden_before_its_guard_is_called() -> None:
    run = CodeRunFactory()

    def guard(record: CodeRun, values: object) -> None:
        pytest.fail("asked although the change is forbidden")

    for change in (
        lambda by: change_own(CodeRun, run.pk, {}, by=by, guard=guard),
        lambda by: delete_own(CodeRun, run.pk, by=by),
    ):
        with pytest.raises(Forbidden):
            change(UserFactory())
    assert CodeRun.objects.filter(pk=run.pk).exists()


def test_an_unknown_record_is_not_found_and_a_changed_one_is_stale() -> None:
    run = CodeRunFactory()
    with pytest.raises(NotFound):
        delete_own(CodeRun, 10**9, by=run.registered_by)
    with pytest.raises(Stale):
        delete_own(CodeRun, run.pk, by=run.registered_by, unless_changed=["7-0"])
    delete_own(CodeRun, run.pk, by=run.registered_by, unless_changed=[run.revision])
