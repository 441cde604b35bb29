"""People see where they are signed in, and sign out there."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bs4 import Tag
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from registry.core.models import Event
from registry.identity.browser_sessions import PRECISION
from registry.identity.models import BrowserSession, User
from tests.factories import UserFactory
from tests.web.pages import main_of, words_of

pytestmark = pytest.mark.django_db

PASSWORD = "photograph fifty-one"
HERE, THERE = "Firefox/150.0", "Safari/26.1"
#: Any page that is not about the account.
PAGE = "/search/"


@pytest.fixture
def user() -> User:
    user: User = UserFactory(username="rosalind", password=PASSWORD)
    return user


@pytest.fixture
def here(user: User) -> Client:
    return _sign_in(user, HERE)


@pytest.fixture
def there(user: User) -> Client:
    return _sign_in(user, THERE)


def _sign_in(user: User, agent: str) -> Client:
    client = Client(headers={"user-agent": agent})
    form = {"username": user.username, "password": PASSWORD}
    assert client.post("/sign-in", form).status_code == 302
    return client


def _is_signed_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


def _listed(client: Client) -> list[Tag]:
    return list(main_of(client.get("/account/")).select("#browsers li"))


def _press(client: Client, button: Tag | None) -> str:
    """Send the form of a button; return what the next page says."""
    assert button is not None
    form = button.find_parent("form")
    assert form is not None
    return words_of(main_of(client.post(str(form["action"]), follow=True)))


def _rows() -> list[str]:
    return sorted(BrowserSession.objects.values_list("agent", flat=True))


def test_the_account_page_lists_the_browsers(
    user: User, here: Client, there: Client
) -> None:
    _sign_in(UserFactory(username="marie", password=PASSWORD), "Opera/99")
    said = [words_of(one) for one in _listed(here)]
    assert len(said) == 2
    [mine] = [one for one in said if HERE in one]
    [other] = [one for one in said if THERE in one]
    assert "this browser" in mine
    assert "Sign out here" in mine
    assert "this browser" not in other
    assert "Sign out there" in other
    assert "Signed in" in other
    assert "last seen" in other
    assert "from 127.0.0.1" in other


def test_the_key_of_a_session_is_on_no_page(here: Client, there: Client) -> None:
    page = here.get("/account/").content.decode()
    for key in Session.objects.values_list("session_key", flat=True):
        assert key not in page


def test_a_person_signs_out_there(user: User, here: Client, there: Client) -> None:
    [button] = [one for item in _listed(here) for one in item.select("[aria-label]")]
    assert THERE in str(button["aria-label"])
    assert f"You are signed out of {THERE}." in _press(here, button)
    assert _is_signed_in(here)
    assert not _is_signed_in(there)
    assert _rows() == [HERE]
    event = Event.objects.latest("pk")
    assert (event.action, event.by, event.detail) == (
        "signed_out",
        user,
        {"elsewhere": THERE},
    )
    assert "signed out there already" in _press(here, button)


def test_a_person_signs_out_everywhere_else(
    user: User, here: Client, there: Client
) -> None:
    third = _sign_in(user, "Opera/99")
    others = main_of(here.get("/account/")).select_one("#browsers > form button")
    assert "signed out of: 2." in _press(here, others)
    assert [_is_signed_in(one) for one in (here, there, third)] == [True, False, False]
    # alone, there is no button for it
    assert not main_of(here.get("/account/")).select("#browsers > form")
    assert "nowhere else" in _press(here, others)


def test_a_person_can_end_this_session_by_its_address(here: Client) -> None:
    [row] = BrowserSession.objects.all()
    answer = here.post(f"/account/browsers/{row.pk}/sign-out")
    assert answer["Location"] == "/"
    assert not _is_signed_in(here)


def test_nobody_ends_a_session_of_another(there: Client) -> None:
    [row] = BrowserSession.objects.all()
    marie = Client()
    marie.force_login(UserFactory(is_superuser=True))
    marie.post(f"/account/browsers/{row.pk}/sign-out")
    marie.post("/account/browsers/sign-out")
    assert _is_signed_in(there)


@pytest.mark.parametrize("what", ["{}/sign-out", "sign-out"])
def test_signing_out_elsewhere_requires_post_and_the_csrf_token(
    what: str, user: User, there: Client
) -> None:
    path = "/account/browsers/" + what.format(BrowserSession.objects.get().pk)
    client = Client(enforce_csrf_checks=True)
    assert Client().post(path)["Location"].startswith("/sign-in?next=")
    client.force_login(user)
    assert client.get(path).status_code == 405
    main_of(client.post(path), 403)
    assert _is_signed_in(there)


def test_rows_go_with_their_sessions(user: User, here: Client, there: Client) -> None:
    here.post("/sign-out")
    assert _rows() == [THERE]
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    here = _sign_in(user, HERE)
    assert [HERE in words_of(one) for one in _listed(here)] == [True]
    call_command("clearsessions")
    assert _rows() == [HERE]


def test_a_browser_that_changes_hands_is_listed_for_its_new_person(
    user: User, here: Client
) -> None:
    marie = UserFactory(username="marie")
    here.force_login(marie)
    assert [row.user for row in BrowserSession.objects.all()] == [marie]
    assert len(_listed(here)) == 1


def test_a_changed_password_keeps_the_time_of_signing_in(
    user: User, here: Client
) -> None:
    began = timezone.now() - timedelta(days=3)
    BrowserSession.objects.update(began=began)
    new = "a fortnight in bed"
    form = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert here.post("/account/password/", form).status_code == 302
    assert [row.began for row in BrowserSession.objects.all()] == [began]
    assert len(_listed(here)) == 1


def _writes(client: Client, path: str) -> list[str]:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    statements = [str(one["sql"]) for one in queries]
    return [one for one in statements if "browsersession" in one]


def test_a_visit_is_stored_every_few_minutes(user: User, here: Client) -> None:
    long_ago = timezone.now() - timedelta(hours=1)
    BrowserSession.objects.update(last_seen=long_ago)
    assert _writes(here, PAGE) == []
    assert BrowserSession.objects.get().last_seen == long_ago
    # as if the minutes were over
    cache.clear()
    assert len(_writes(here, PAGE)) == 1
    assert timezone.now() - BrowserSession.objects.get().last_seen < PRECISION
    assert _writes(here, PAGE) == []


@pytest.mark.parametrize("path", ["/api/users/", "/api/code_run/", "/livez"])
def test_the_api_stores_no_visit(path: str, here: Client) -> None:
    cache.clear()
    assert _writes(here, path) == []


def test_a_session_from_before_the_list_gets_a_row(here: Client) -> None:
    BrowserSession.objects.all().delete()
    assert _is_signed_in(here)
    cache.clear()
    here.get(PAGE)
    assert _rows() == [HERE]


def test_who_loses_the_password_is_signed_in_nowhere(user: User, here: Client) -> None:
    boss = Client()
    boss.force_login(UserFactory(is_superuser=True))
    form = {"usable_password": "false", "unset-password": "Disable"}
    boss.post(f"/admin/registry/user/{user.pk}/password/", form)
    assert not user.browser_sessions.exists()
    assert not _is_signed_in(here)
