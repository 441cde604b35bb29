"""A link of an administrator lets a person choose a new password, once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.tokens import default_token_generator
from django.test import Client
from pytest_django import Settings

from registry.core.errors import Conflict, Forbidden
from registry.core.models import Event
from registry.http.reset_links import reset_address
from registry.identity.models import User
from registry.identity.resets import make_reset_key
from tests.access import grant_access, remaining_access
from tests.factories import UserFactory
from tests.web.pages import link, main_of, words_of

pytestmark = pytest.mark.django_db

PAGE = "/account/reset/"
OLD, NEW = "photograph fifty-one", "a fortnight in bed"
FORM = {"new_password1": NEW, "new_password2": NEW}


@pytest.fixture
def user() -> User:
    user: User = UserFactory(username="rosalind", password=OLD)
    return user


@pytest.fixture
def path(user: User) -> str:
    return _path(user)


def _path(user: User) -> str:
    address = reset_address(make_reset_key(user=user, by=None))
    parts = urlsplit(address)
    assert parts.path == PAGE
    return f"{parts.path}?{parts.query}"


def _opened(path: str) -> Client:
    client = Client()
    assert client.get(path)["Location"] == PAGE
    return client


def _is_refused(answer: Any) -> bool:
    main = main_of(answer, 404)
    return "This link is not valid" in words_of(main) and not main.select("form")


def test_a_person_chooses_a_new_password(user: User, path: str) -> None:
    client = _opened(path)
    main = main_of(client.get(PAGE))
    assert "For the account rosalind" in words_of(main)
    # the key is in no address that the page could tell others
    key = path.partition("=")[2]
    assert key not in main.decode()
    answer = client.post(PAGE, FORM)
    assert answer["Location"] == "/sign-in?username=rosalind"
    said = words_of(main_of(client.get("/sign-in?username=rosalind")))
    assert "rosalind has a new password" in said
    form = {"username": "rosalind", "password": NEW, "next": "/account/"}
    assert client.post("/sign-in", form)["Location"] == "/account/"


def test_the_key_of_a_link_is_in_no_log_and_in_no_address(
    path: str, caplog: pytest.LogCaptureFixture
) -> None:
    client = _opened(path)
    answer = client.get(PAGE)
    client.post(PAGE, FORM)
    logged = str([record.__dict__ for record in caplog.records])
    assert PAGE in logged
    assert path.partition("=")[2] not in logged
    assert answer["Referrer-Policy"] == "same-origin"


def test_making_and_using_a_link_are_events(user: User) -> None:
    boss = UserFactory(is_superuser=True)
    key = make_reset_key(user=user, by=boss)
    made = Event.objects.latest("pk")
    assert (made.action, made.record_id, made.by) == ("reset_link_made", user.pk, boss)
    _opened(f"{PAGE}?key={key}").post(PAGE, FORM)
    used = Event.objects.get(action="reset_link_used")
    assert (used.record_id, used.by) == (user.pk, user)
    _, _, token = key.partition(".")
    for event in Event.objects.all():
        assert token not in f"{event.detail} {event.subject} {event.changes}"


def test_a_link_works_once(user: User, path: str) -> None:
    first, second = _opened(path), _opened(path)
    assert first.post(PAGE, FORM).status_code == 302
    assert _is_refused(second.get(PAGE))
    assert _is_refused(second.post(PAGE, {**FORM}))
    assert _is_refused(first.get(PAGE))
    assert _is_refused(Client().get(path))


def test_a_link_ends_after_a_day(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    for hours, works in ((23, True), (25, False)):
        made = datetime.now() - timedelta(hours=hours)  # noqa: DTZ005 (as Django's)
        with monkeypatch.context() as patched:
            patched.setattr(default_token_generator, "_now", lambda made=made: made)
            path = _path(user)
        assert (Client().get(path).status_code == 302) == works


def test_signing_in_ends_a_link(user: User, path: str) -> None:
    Client().post("/sign-in", {"username": "rosalind", "password": OLD})
    assert _is_refused(Client().get(path))


def test_all_access_ends_with_the_old_password(user: User, path: str) -> None:
    elsewhere = Client()
    elsewhere.force_login(user)
    # before the link is made, since signing in ends it
    path = _path(User.objects.get(pk=user.pk))
    admitted = grant_access(user)
    _opened(path).post(PAGE, FORM)
    assert remaining_access(*admitted) == [False] * 3
    assert elsewhere.get("/account/").status_code == 302


def test_a_link_opened_by_who_is_signed_in_signs_them_out(user: User) -> None:
    client = Client()
    client.force_login(user)
    client.get(_path(User.objects.get(pk=user.pk)))
    assert client.post(PAGE, FORM).status_code == 302
    assert client.get("/account/").status_code == 302


def test_a_link_for_somebody_else_leaves_a_browser_signed_in(path: str) -> None:
    client = Client()
    client.force_login(UserFactory(username="marie"))
    client.get(path)
    assert client.post(PAGE, FORM).status_code == 302
    assert "marie" in client.get("/account/").content.decode()


def test_a_new_password_ends_a_lock(user: User, path: str, settings: Settings) -> None:
    for _ in range(settings.AXES_FAILURE_LIMIT):
        Client().post("/sign-in", {"username": "rosalind", "password": "guess"})
    _opened(path).post(PAGE, FORM)
    answer = Client().post("/sign-in", {"username": "rosalind", "password": NEW})
    assert answer.status_code == 302


@pytest.mark.parametrize(
    "form, message",
    [
        ({"new_password2": "another fortnight"}, "match"),
        ({"new_password1": "x", "new_password2": "x"}, "too short"),
        ({"new_password1": ""}, "required"),
    ],
)
def test_a_wrong_password_can_be_corrected(
    form: dict[str, str], message: str, user: User, path: str
) -> None:
    client = _opened(path)
    main = main_of(client.post(PAGE, FORM | form), 400)
    assert message in words_of(main)
    assert client.post(PAGE, FORM).status_code == 302


@pytest.mark.parametrize("key", ["", "x", "1", "1.", "1.c-0", "٣.c-0", f"{10**30}.c-0"])
def test_a_wrong_link_is_refused(key: str, user: User) -> None:
    assert _is_refused(Client().get(PAGE, {"key": key}))
    assert _is_refused(Client().get(PAGE))
    assert _is_refused(Client().post(PAGE, FORM))


def test_a_link_is_for_one_account(user: User, path: str) -> None:
    other = UserFactory()
    token = path.partition(".")[2]
    assert _is_refused(Client().get(f"{PAGE}?key={other.pk}.{token}"))


def test_guesses_of_links_are_limited(user: User, settings: Settings) -> None:
    statuses = {
        Client().get(PAGE, {"key": f"{user.pk}.guess-{number}"}).status_code
        for number in range(25)
    }
    assert statuses == {404, 429}


def test_a_closed_account_gets_no_link_and_its_link_ends(user: User, path: str) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert _is_refused(Client().get(path))
    with pytest.raises(Conflict, match="is closed"):
        make_reset_key(user=User.objects.get(pk=user.pk), by=None)


def test_an_account_without_a_password_can_get_one() -> None:
    user = UserFactory(username="marie", password=None)
    _opened(_path(user)).post(PAGE, FORM)
    user.refresh_from_db()
    assert user.check_password(NEW)


@pytest.mark.parametrize("role", ["sys-admin-admin", "entity-registry-admin"])
def test_no_link_for_an_account_with_as_much_power(role: str) -> None:
    boss = UserFactory(roles=["entity-registry-admin"])
    for other in (UserFactory(roles=[role]), UserFactory(is_superuser=True)):
        with pytest.raises(Forbidden):
            make_reset_key(user=other, by=boss)
    with pytest.raises(Conflict, match="own password"):
        make_reset_key(user=boss, by=boss)
    with pytest.raises(Forbidden):
        make_reset_key(user=boss, by=UserFactory(roles=["curator"]))


def test_the_sign_in_page_says_how_to_get_a_link() -> None:
    main = main_of(Client().get("/sign-in"))
    assert "Ask an administrator for a link" in words_of(main)
    how = link(main, "Forgotten your password?")
    said = words_of(main_of(Client().get(how)))
    assert "Make a password link" in said
