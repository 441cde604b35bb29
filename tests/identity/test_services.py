"""Accounts and API tokens: what is stored, and when a token is revoked."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from registry.core import context
from registry.core.errors import Duplicate, InvalidInput
from registry.core.models import Event
from registry.identity.models import ApiToken, User
from registry.identity.services import (
    create_user,
    issue_token,
    revoke_token,
    user_of_key,
)
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> User:
    person: User = UserFactory()
    return person


# --- tokens ---------------------------------------------------------------------------


def test_each_key_has_40_other_hexadecimal_digits(person: User) -> None:
    keys = {issue_token(user=person, by=person) for _ in range(20)}
    assert len(keys) == 20
    assert all(len(key) == 40 and set(key) <= set("0123456789abcdef") for key in keys)


def test_only_the_digest_of_a_key_is_stored(person: User) -> None:
    key = issue_token(user=person, by=person)
    [token] = ApiToken.objects.values_list()
    assert key not in map(str, token)
    assert hashlib.sha256(key.encode()).hexdigest() in token


def test_a_new_token_revokes_the_earlier_one(person: User) -> None:
    earlier, later = (issue_token(user=person, by=person) for _ in range(2))
    assert user_of_key(earlier) is None
    assert user_of_key(later) == person
    assert ApiToken.objects.count() == 1


def test_a_revoked_token_has_no_user(person: User) -> None:
    key = issue_token(user=person, by=person)
    assert revoke_token(user=person, by=person) is True
    assert user_of_key(key) is None
    assert revoke_token(user=person, by=person) is False


def test_revoking_a_token_leaves_those_of_others(person: User) -> None:
    other = UserFactory()
    key = issue_token(user=other, by=other)
    issue_token(user=person, by=person)
    revoke_token(user=person, by=person)
    assert user_of_key(key) == other


def test_the_token_of_an_inactive_account_has_no_user(person: User) -> None:
    key = issue_token(user=person, by=person)
    person.is_active = False
    person.save()
    assert user_of_key(key) is None


@pytest.mark.parametrize(
    "key", ["", "a", "0" * 39, "0" * 41, "G" * 40, "0" * 39 + "\n", "é" * 40]
)
def test_a_malformed_key_needs_no_query(
    key: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        assert user_of_key(key) is None


def test_a_digest_is_not_accepted_as_a_key(person: User) -> None:
    issue_token(user=person, by=person)
    digest = ApiToken.objects.get().digest
    assert user_of_key(digest) is None
    assert user_of_key(digest[:40]) is None


def test_events_of_tokens_do_not_contain_keys(person: User) -> None:
    administrator = UserFactory()
    key = issue_token(user=person, by=administrator)
    revoke_token(user=person, by=person)
    events = Event.objects.filter(action__startswith="token_").order_by("pk")
    assert [(event.action, event.by, event.record_id) for event in events] == [
        ("token_made", administrator, person.pk),
        ("token_revoked", person, person.pk),
    ]
    assert not any(key in str(vars(event)) for event in events)
    issue_token(user=person, by=person)
    issue_token(user=person, by=person)
    made = Event.objects.filter(action="token_made").order_by("pk")
    assert [event.detail["replaced"] for event in made] == [False, False, True]


@pytest.mark.django_db(transaction=True)
def test_two_tokens_issued_at_the_same_time_leave_one(person: User) -> None:
    barrier = Barrier(2)

    def issue(_: int) -> str:
        try:
            barrier.wait()
            return issue_token(user=person, by=person)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        keys = list(pool.map(issue, range(2)))
    assert [user_of_key(key) for key in keys].count(person) == 1
    assert ApiToken.objects.count() == 1


# --- accounts -------------------------------------------------------------------------


def test_an_account_is_created_with_the_given_values() -> None:
    made = create_user(
        username="ada",
        password="fourteen days in bed",
        email="Ada@Example.ORG",
        full_name="Ada Lovelace",
        roles=["handle-read", "private-data-read", "handle-read"],
    )
    stored = User.objects.get(username="ada")
    assert stored == made
    assert stored.check_password("fourteen days in bed")
    assert (stored.email, stored.full_name) == ("Ada@example.org", "Ada Lovelace")
    roles = set(stored.groups.values_list("name", flat=True))
    assert roles == {"handle-read", "private-data-read"}
    assert (stored.is_staff, stored.is_superuser) == (False, False)


def test_an_account_without_a_password_has_an_unusable_one() -> None:
    person = create_user(username="ada")
    assert not person.has_usable_password()


def test_a_superuser_is_staff() -> None:
    assert create_user(username="ada", is_superuser=True).is_staff


def test_creating_an_account_records_an_event(person: User) -> None:
    made = create_user(username="ada", by=person)
    event = Event.objects.get(kind="users", record_id=made.pk)
    assert (event.action, event.by) == ("created", person)


def test_a_taken_user_name_is_a_duplicate(person: User) -> None:
    with pytest.raises(Duplicate, match="Field username must be unique") as caught:
        create_user(username=person.username)
    assert caught.value.existing == person


@pytest.mark.parametrize("name", ["", "a b", "a/b", "a" * 151, "a\n", "a\0"])
def test_an_invalid_user_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        create_user(username=name)
    assert list(caught.value.fields) == ["username"]


def test_an_undeclared_role_is_refused_and_no_account_is_created() -> None:
    with pytest.raises(InvalidInput, match="emperor: choose from"):
        create_user(username="ada", roles=["handle-read", "emperor"])
    assert not User.objects.filter(username="ada").exists()


def test_an_event_names_the_client(person: User) -> None:
    earlier = context.client.set("fair-cli/0.11.0")
    try:
        create_user(username="ada", by=person)
    finally:
        context.client.reset(earlier)
    assert Event.objects.latest("pk").client == "fair-cli/0.11.0"
