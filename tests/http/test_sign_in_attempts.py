"""Sign-in attempts are limited before anything is hashed."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack
from ipaddress import ip_network
from typing import Any

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher, make_password
from django.test import Client
from oauth2_provider.models import Application
from pytest_django import Settings

from registry.core.errors import Unavailable
from registry.core.models import Event
from registry.identity.accounts import change_password
from registry.identity.hashing import HashingSlots, hashing_slots
from registry.identity.models import User
from registry.identity.oauth.clients import Grant, create_client
from registry.identity.oauth.devices import start_device_flow
from tests.api.client import Api
from tests.factories import UserFactory
from tests.interop.oidc.issuer import Program, browser_for, device_client, service_token

pytestmark = pytest.mark.django_db

NAME = "/api/username/"
PASSWORD = "fourteen days in bed"
LIMIT = 3


@pytest.fixture(autouse=True)
def _limit(settings: Settings) -> None:
    settings.THROTTLE_RATES = {**settings.THROTTLE_RATES, "login": (LIMIT, 86400)}
    settings.THROTTLE_EXEMPT = ()


@pytest.fixture
def person() -> User:
    person: User = UserFactory(password=PASSWORD, is_staff=True)
    return person


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list of the passwords that are hashed."""
    passwords: list[str] = []
    encode = MD5PasswordHasher.encode

    def noted(self: Any, password: str, salt: str) -> str:
        passwords.append(password)
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", noted)
    return passwords


@pytest.fixture
def all_places_taken() -> Iterator[None]:
    """Hold all hashing slots, as many other requests would."""
    with ExitStack() as others:
        places = hashing_slots()._slots
        while places.acquire(blocking=False):
            others.callback(places.release)
        yield


def _basic(user: User, password: str, path: str = NAME) -> Any:
    pair = b64encode(f"{user.username}:{password}".encode()).decode()
    return Api(authorization=f"Basic {pair}").get(path)


def _form(user: User, password: str) -> Any:
    return Client().post("/sign-in", {"username": user.username, "password": password})


def _change(user: User, password: str) -> Any:
    new = {"new_password1": "a fortnight in bed", "new_password2": "a fortnight in bed"}
    return browser_for(user).post(
        "/account/password/", {"old_password": password, **new}
    )


#: Each way to have a password checked, and the status of one that is right.
WAYS = [(_basic, 200), (_form, 302), (_change, 302)]


@pytest.mark.parametrize("way,right", WAYS)
def test_above_the_limit_a_right_password_is_not_even_hashed(
    person: User, hashed: list[str], way: Any, right: int
) -> None:
    for number in range(LIMIT):
        assert way(person, f"guess {number}").status_code in {200, 400, 401}
    hashed.clear()
    before = Event.objects.count()
    for password in ("another guess", PASSWORD):
        answer = way(person, password)
        assert answer.status_code == 429
        assert int(answer["Retry-After"]) > 0
        assert answer["RateLimit-Remaining"] == "0"
    assert hashed == []
    assert Event.objects.count() == before


@pytest.mark.parametrize("guess", [way for way, _ in WAYS])
@pytest.mark.parametrize("way", [way for way, _ in WAYS])
def test_all_ways_to_sign_in_share_one_limit(
    person: User, guess: Any, way: Any
) -> None:
    for number in range(LIMIT):
        guess(person, f"guess {number}")
    assert way(person, PASSWORD).status_code == 429


@pytest.mark.parametrize("way,right", WAYS)
def test_a_right_password_is_not_counted(person: User, way: Any, right: int) -> None:
    for _ in range(2 * LIMIT):
        assert way(person, PASSWORD).status_code == right
        change_password(user=person, password=PASSWORD, by=person)


@pytest.mark.usefixtures("all_places_taken")
@pytest.mark.parametrize("way,right", WAYS)
def test_without_a_hashing_slot_the_response_is_503_and_nothing_is_counted(
    person: User, hashed: list[str], way: Any, right: int
) -> None:
    hashed.clear()
    for _ in range(2 * LIMIT):
        answer = way(person, PASSWORD)
        assert answer.status_code == 503
        assert answer["Retry-After"] == "1"
    assert hashed == []
    assert not Event.objects.filter(action="sign_in_failed").exists()


def test_hashing_slots_are_always_released() -> None:
    slots = HashingSlots(max_threads=1, max_hashing=1)

    def fail() -> None:
        with slots.take():
            with pytest.raises(Unavailable), slots.take():
                pytest.fail("two at once")
            raise ZeroDivisionError

    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            fail()


# --- HTTP Basic, which sends the password with every request --------------------------


def test_a_password_is_hashed_once_for_many_requests(
    person: User, hashed: list[str]
) -> None:
    hashed.clear()
    for _ in range(3 * LIMIT):
        assert _basic(person, PASSWORD).status_code == 200
    assert hashed == [PASSWORD]


@pytest.mark.usefixtures("hashed")
def test_a_verified_password_is_forgotten_when_it_changes(person: User) -> None:
    assert _basic(person, PASSWORD).status_code == 200
    change_password(user=person, password="a fortnight in bed", by=person)
    assert _basic(person, PASSWORD).status_code == 401
    assert _basic(person, "a fortnight in bed").status_code == 200


@pytest.mark.parametrize("change", [{"is_active": False}, {"username": "renamed"}])
def test_a_verified_password_is_forgotten_when_the_account_closes(
    person: User, change: dict[str, Any]
) -> None:
    assert _basic(person, PASSWORD).status_code == 200
    User.objects.filter(pk=person.pk).update(**change)
    assert _basic(person, PASSWORD).status_code == 401


def test_a_verified_password_does_not_bypass_a_lockout(
    person: User, settings: Settings
) -> None:
    settings.THROTTLE_RATES = {**settings.THROTTLE_RATES, "login": (1000, 60)}
    assert _basic(person, PASSWORD).status_code == 200
    for number in range(settings.AXES_FAILURE_LIMIT):
        _basic(person, f"guess {number}")
    assert _basic(person, PASSWORD).status_code == 429


def test_a_verified_password_is_valid_for_one_name_only(person: User) -> None:
    assert _basic(person, PASSWORD).status_code == 200
    other = UserFactory(username=f"{person.username}f", password="x")
    assert _basic(other, PASSWORD[1:]).status_code == 401
    assert _basic(person, PASSWORD.upper()).status_code == 401


def test_a_verified_password_costs_two_queries(
    person: User, django_assert_num_queries: Any
) -> None:
    assert _basic(person, PASSWORD).status_code == 200
    with django_assert_num_queries(2):
        assert _basic(person, PASSWORD).status_code == 200


# --- the secrets of clients -----------------------------------------------------------


def _service() -> Program:
    _, secret = create_client(client_id="robot", name="Robot", grant=Grant.SERVICE)
    return Program("robot", secret)


def _hash_slowly(robot: Program) -> None:
    """Store a secret with the hasher of earlier releases."""
    stored = make_password(robot.secret, hasher="md5")
    Application.objects.filter(client_id="robot").update(client_secret=stored)


def test_a_random_secret_needs_no_slow_hash(hashed: list[str]) -> None:
    robot = _service()
    for _ in range(2 * LIMIT):
        assert service_token(robot).status == 200
    assert service_token(Program("robot", "guess")).status == 401
    assert robot.secret not in hashed
    assert "guess" not in hashed


@pytest.mark.usefixtures("all_places_taken")
def test_a_service_needs_no_hashing_slot() -> None:
    assert service_token(_service()).status == 200


def test_a_slowly_hashed_secret_is_hashed_again(hashed: list[str]) -> None:
    robot = _service()
    _hash_slowly(robot)
    assert service_token(Program("robot", "guess")).status == 401
    hashed.clear()
    for _ in range(3):
        assert service_token(robot).status == 200
    assert hashed == [robot.secret]
    stored = Application.objects.get(client_id="robot").client_secret
    assert stored.startswith("sha256_secret$")


@pytest.mark.parametrize(
    "path", ["/token", "/revoke", "/introspect", "/device-authorization"]
)
def test_guesses_at_a_slow_secret_are_hashed_up_to_the_limit(
    hashed: list[str], path: str
) -> None:
    robot = _service()
    _hash_slowly(robot)
    hashed.clear()
    form = {"grant_type": "client_credentials", "token": "x"}
    for number in range(LIMIT):
        assert Program("robot", f"guess {number}").post(path, **form).status == 401
    assert len(hashed) == LIMIT
    for secret in ("another guess", robot.secret):
        answer = Program("robot", secret).post(path, **form)
        assert answer.outcome == (429, "slow_down")
        assert int(answer.headers["Retry-After"]) > 0
    assert len(hashed) == LIMIT


def test_one_request_counts_as_one_attempt(hashed: list[str]) -> None:
    robot = _service()
    _hash_slowly(robot)
    hashed.clear()
    pair = b64encode(b"robot:guess in the header").decode()
    robot.browser = Client(headers={"authorization": f"Basic {pair}"})
    form = {"grant_type": "client_credentials"}
    assert Program("robot", "guess", browser=robot.browser).post(
        "/token", **form
    ).outcome == (401, "invalid_client")
    assert hashed == ["guess in the header"]


@pytest.mark.usefixtures("all_places_taken")
def test_a_slow_secret_needs_a_hashing_slot() -> None:
    robot = _service()
    _hash_slowly(robot)
    answer = service_token(robot)
    assert answer.outcome == (503, "temporarily_unavailable")
    assert answer.headers["Retry-After"] == "1"


def test_no_secret_is_hashed_for_a_public_client(hashed: list[str]) -> None:
    device_client("open")
    Application.objects.update(client_secret=make_password("x", hasher="md5"))
    hashed.clear()
    for path in ("/token", "/revoke", "/introspect", "/device-authorization"):
        Program("open", "guess").post(path, grant_type="refresh_token", token="x")
    assert hashed == []


# --- other ways -----------------------------------------------------------------------


@pytest.mark.parametrize("method", ["get", "post"])
def test_above_the_limit_no_user_code_is_looked_up(person: User, method: str) -> None:
    code = start_device_flow(client=device_client(), scope="read").user_code
    browser = browser_for(person)
    for letter in "BCD"[:LIMIT]:
        browser.get("/device", {"user_code": f"BBBB-BBB{letter}"})
    form = {"user_code": code, "decision": "allow"}
    assert getattr(browser, method)("/device", form).status_code == 429


def test_a_token_still_works_while_others_guess(person: User) -> None:
    for number in range(LIMIT + 1):
        _basic(person, f"guess {number}")
    assert Api(person).get(NAME).status_code == 200


@pytest.mark.parametrize("path", [NAME, "/o/userinfo"])
@pytest.mark.parametrize("token", ["0" * 40, "a.b.c"])
def test_wrong_tokens_count_as_failures(person: User, path: str, token: str) -> None:
    wrong = Client(headers={"authorization": f"Bearer {token}"})
    statuses = [wrong.get(path).status_code for _ in range(LIMIT + 1)]
    assert statuses == [401] * LIMIT + [429]
    assert _basic(person, PASSWORD).status_code == 429


def test_exempt_clients_get_no_sign_in_limit_headers(
    person: User, settings: Settings
) -> None:
    settings.THROTTLE_EXEMPT = (ip_network("127.0.0.0/8"),)
    answer = _basic(person, PASSWORD)
    assert int(answer["RateLimit-Limit"]) > LIMIT
    statuses = {_basic(person, f"guess {n}").status_code for n in range(2 * LIMIT)}
    assert statuses == {401}
