"""Everybody with a password changes it on their account page."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from registry.core.models import Event
from registry.identity.models import User
from tests.access import grant_access, remaining_access
from tests.factories import UserFactory
from tests.web.pages import link, main_of, words_of

pytestmark = pytest.mark.django_db

PAGE = "/account/password/"
OLD, NEW = "photograph fifty-one", "a fortnight in bed"


@pytest.fixture
def user() -> User:
    user: User = UserFactory(username="rosalind-franklin", password=OLD)
    return user


@pytest.fixture
def browser(user: User) -> Client:
    return _browser(user)


def _browser(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def _form(**values: str) -> dict[str, str]:
    return {
        "old_password": OLD,
        "new_password1": NEW,
        "new_password2": NEW,
        **values,
    }


def test_the_account_page_leads_to_the_form(browser: Client) -> None:
    main = main_of(browser.get("/account/"))
    assert link(main, "Change your password") == PAGE
    form = main_of(browser.get(PAGE))
    labelled = {str(label["for"]) for label in form.select("label[for]")}
    shown = {str(one["id"]) for one in form.select("input:not([type=hidden])")}
    assert shown == labelled
    assert {one["autocomplete"] for one in form.select("input[type=password]")} == {
        "current-password",
        "new-password",
    }


def test_a_person_changes_their_password(user: User, browser: Client) -> None:
    answer = browser.post(PAGE, _form(), follow=True)
    assert "Your password was changed" in words_of(main_of(answer))
    user.refresh_from_db()
    assert user.check_password(NEW)
    event = Event.objects.filter(action="updated").latest("pk")
    assert (event.kind, event.record_id, event.by) == ("users", user.pk, user)
    assert event.changes == {"password": [None, None]}


def test_this_browser_stays_signed_in_and_no_other(user: User, browser: Client) -> None:
    other = _browser(user)
    browser.post(PAGE, _form())
    assert browser.get("/account/").status_code == 200
    assert other.get("/account/").status_code == 302
    assert user.browser_sessions.count() == 1


@pytest.mark.parametrize("ticked", [True, False])
def test_programs_and_token_can_lose_their_access(
    user: User, browser: Client, ticked: bool
) -> None:
    admitted = grant_access(user)
    box = main_of(browser.get(PAGE)).select_one("input[name=end_access]")
    assert box is not None
    assert box.has_attr("checked")
    browser.post(PAGE, _form(**({"end_access": "on"} if ticked else {})))
    assert remaining_access(*admitted) == [not ticked] * 3


@pytest.mark.parametrize(
    "values, field, message",
    [
        ({"old_password": "influenza"}, "old_password", "entered incorrectly"),
        ({"old_password": ""}, "old_password", "required"),
        ({"new_password2": "another fortnight"}, "new_password2", "match"),
        ({"new_password1": "x", "new_password2": "x"}, "new_password2", "too short"),
        (
            {
                "new_password1": "rosalind-franklin",
                "new_password2": "rosalind-franklin",
            },
            "new_password2",
            "too similar to the username",
        ),
    ],
)
def test_a_wrong_form_names_its_field_and_changes_nothing(
    values: dict[str, str], field: str, message: str, user: User, browser: Client
) -> None:
    main = main_of(browser.post(PAGE, _form(**values)), 400)
    error = main.select_one(f"#id_{field}_error")
    wrong = main.select_one(f"#id_{field}[aria-invalid=true]")
    assert error is not None
    assert wrong is not None
    assert not wrong.get("value")
    assert message in words_of(error)
    user.refresh_from_db()
    assert user.check_password(OLD)


def test_a_wrong_old_password_is_recorded(user: User, browser: Client) -> None:
    browser.post(PAGE, _form(old_password="guess"))
    event = Event.objects.latest("pk")
    assert (event.action, event.record_id) == ("sign_in_failed", user.pk)
    assert "guess" not in str(event.detail)


def test_guessing_the_old_password_locks_the_account(
    browser: Client, settings: Any
) -> None:
    for _ in range(settings.AXES_FAILURE_LIMIT):
        browser.post(PAGE, _form(old_password="guess"))
    assert browser.post(PAGE, _form()).status_code == 429


def test_an_account_without_a_password_is_told_so() -> None:
    client = _browser(UserFactory(password=None))
    for answer, status in ((client.get(PAGE), 200), (client.post(PAGE, _form()), 409)):
        main = main_of(answer, status)
        assert "has no password here" in words_of(main)
        assert not main.select("form")
    main = main_of(client.get("/account/"))
    assert "You have no password here" in words_of(main)
    assert not main.select(f"a[href='{PAGE}']")


def test_the_form_requires_signing_in_and_the_csrf_token(user: User) -> None:
    assert Client().get(PAGE)["Location"] == f"/sign-in?next={PAGE}"
    assert Client().post(PAGE, _form())["Location"] == f"/sign-in?next={PAGE}"
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    main_of(client.post(PAGE, _form()), 403)
    user.refresh_from_db()
    assert user.check_password(OLD)
