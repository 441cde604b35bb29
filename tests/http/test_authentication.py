"""Users authenticate by token, password or session."""

from __future__ import annotations

from base64 import b64encode

import pytest
from django.conf import settings as configured
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from registry.identity.models import User
from registry.identity.services import issue_token
from tests.api.client import Api, data_of
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

NAME = "/api/username/"
LIST = "/api/file_type/"
PASSWORD = "fourteen days in bed"


@pytest.fixture
def person() -> User:
    person: User = UserFactory(password=PASSWORD)
    return person


def _basic(name: str, password: str) -> str:
    return f"Basic {b64encode(f'{name}:{password}'.encode()).decode()}"


def _status(authorization: str, path: str = NAME) -> int:
    return Api(authorization=authorization).get(path).status_code


# --- tokens ---------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["token", "Token", "TOKEN", "Bearer", "bearer"])
def test_a_token_authenticates_in_any_case_of_the_scheme(
    person: User, scheme: str
) -> None:
    api = Api(authorization=f"{scheme} {issue_token(user=person, by=person)}")
    assert data_of(api.get(NAME)) == {"username": person.username}


def test_blanks_around_a_token_are_ignored(person: User) -> None:
    assert _status(f"  token   {issue_token(user=person, by=person)} ") == 200


def test_a_token_must_match_exactly(person: User) -> None:
    key = issue_token(user=person, by=person)
    for wrong in (key.upper(), key[:-1], f"{key}0", f"{key} {key}", f"{key}\u00e9"):
        assert wrong == key or _status(f"token {wrong}") == 401


def test_a_token_costs_one_query(
    person: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    api = Api(person)
    with django_assert_num_queries(1):
        data_of(api.get(NAME))


@pytest.mark.parametrize(
    "authorization", ["Digest x", "AWS4-HMAC-SHA256 x", "\u00e9 x"]
)
def test_an_unknown_scheme_is_rejected_with_the_valid_ones(
    authorization: str,
) -> None:
    answer = Api(authorization=authorization).get(LIST)
    assert "use token, Bearer or Basic" in data_of(answer, 401)["detail"]
    assert answer["WWW-Authenticate"] == 'Token realm="registry"'


def test_an_empty_header_is_anonymous() -> None:
    for authorization in ("", "  "):
        assert _status(authorization, LIST) == 200


# --- passwords ------------------------------------------------------------------------


def test_a_local_account_can_use_its_password(person: User) -> None:
    api = Api(authorization=_basic(person.username, PASSWORD))
    assert data_of(api.get(NAME)) == {"username": person.username}
    body = {"name": "Comma-separated values", "extension": "csv"}
    data_of(api.post(LIST, body), 201)


def test_an_account_without_a_password_cannot_use_one() -> None:
    person = UserFactory()
    for password in ("", "None", "!"):
        assert _status(_basic(person.username, password)) == 401


def test_a_wrong_password_is_rejected_for_reads_too(person: User) -> None:
    for name in (person.username, "nobody", person.username.upper()):
        answer = Api(authorization=_basic(name, "guess")).get(LIST)
        assert data_of(answer, 401) == {"detail": "Invalid username or password."}


def test_a_closed_account_cannot_use_its_password(person: User) -> None:
    person.is_active = False
    person.save()
    assert _status(_basic(person.username, PASSWORD)) == 401


@pytest.mark.parametrize(
    "name,password",
    [
        ("a\0b", "c"),
        ("a", "b\0c"),
        ("a" * 5000, "b"),
        ("a", "b" * 50_000),
        ("", ""),
        ("\u2028'\"", "%s"),
        ("🐧", "🐧"),
    ],
    ids=ascii,
)
def test_unusual_names_and_passwords_are_rejected(name: str, password: str) -> None:
    # the id of a test must not be as long as the password
    answer = Api(authorization=_basic(name, password)).get(LIST)
    assert list(data_of(answer, 401)) == ["detail"]


def test_guessing_a_password_locks_the_account_for_that_address(
    person: User,
) -> None:
    wrong = _basic(person.username, "guess")
    statuses = {_status(wrong) for _ in range(configured.AXES_FAILURE_LIMIT - 1)}
    assert statuses == {401}
    _status(wrong)
    locked = Api(authorization=_basic(person.username, PASSWORD)).get(LIST)
    assert list(data_of(locked, 429)) == ["detail"]
    assert int(locked["Retry-After"]) > 0
    # the token of the account, and other accounts, go on
    data_of(Api(person).get(NAME))
    other = UserFactory(password=PASSWORD)
    assert _status(_basic(other.username, PASSWORD)) == 200


# --- sessions -------------------------------------------------------------------------


@pytest.fixture
def signed_in(person: User) -> Client:
    client = Client(enforce_csrf_checks=True)
    client.force_login(person)
    return client


def test_a_session_can_read(signed_in: Client, person: User) -> None:
    assert signed_in.get(NAME).json() == {"username": person.username}


def test_a_session_can_write_only_with_the_csrf_token(signed_in: Client) -> None:
    body = {"name": "Comma-separated values", "extension": "csv"}
    answer = signed_in.post(LIST, body, content_type="application/json")
    assert answer.status_code == 403
    assert "CSRF" in answer.json()["detail"]
    token = "a" * 32
    signed_in.cookies[configured.CSRF_COOKIE_NAME] = token
    answer = signed_in.post(
        LIST, body, content_type="application/json", headers={"x-csrftoken": token}
    )
    assert answer.status_code == 201


def test_a_missing_csrf_token_is_counted_and_reported(
    signed_in: Client,
) -> None:
    answer = signed_in.post(LIST, {}, content_type="application/json")
    assert answer.status_code == 403
    assert int(answer["RateLimit-Remaining"]) < int(answer["RateLimit-Limit"])


def test_a_token_takes_precedence_over_a_session(signed_in: Client) -> None:
    other = UserFactory()
    key = issue_token(user=other, by=other)
    answer = signed_in.get(NAME, headers={"authorization": f"token {key}"})
    assert answer.json() == {"username": other.username}


def test_a_wrong_token_is_rejected_despite_a_session(signed_in: Client) -> None:
    answer = signed_in.get(NAME, headers={"authorization": f"token {'0' * 40}"})
    assert answer.status_code == 401


def test_a_token_needs_no_csrf_token(signed_in: Client) -> None:
    other = UserFactory()
    key = issue_token(user=other, by=other)
    answer = signed_in.post(
        LIST,
        {"name": "Comma-separated values", "extension": "csv"},
        content_type="application/json",
        headers={"authorization": f"Bearer {key}"},
    )
    assert answer.status_code == 201
