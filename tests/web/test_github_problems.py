"""Problems of the sign-in with GitHub, and their messages."""

from __future__ import annotations

import logging

import pytest
from django.test import Client
from pytest_django import Settings
from social_django.models import Nonce

from registry.identity.models import User
from tests.plugins.server import free_port
from tests.web.conftest import NewVisit
from tests.web.github import GitHub
from tests.web.visits import Visit, changed, text_of

pytestmark = pytest.mark.django_db

API = "/api/v3"
TOKEN = "/login/oauth/access_token"
RESOURCES = [TOKEN, f"{API}/user", f"{API}/user/emails", f"{API}/user/orgs"]


@pytest.fixture(autouse=True)
def _nobody_got_in(visit: Visit) -> object:
    """Require that no test creates a session or an account."""
    yield
    assert visit.user is None
    assert not User.objects.exists()


def test_a_denied_authorisation_shows_a_message(visit: Visit) -> None:
    answer = visit.sign_in(button="0", next="/search/")
    assert answer.status_code == 403
    assert "You did not authorise this registry" in text_of(answer)
    page = answer.content.decode()
    assert page.count('name="next" value="/search/"') == 2
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "0" * 32},
        {"state": "x" * 5000},
        {"state": ""},
        {"state": None},
        {"state": ["a", "b"]},
    ],
)
def test_a_forged_state_is_refused(
    visit: Visit, github: GitHub, changes: dict[str, str | None]
) -> None:
    answer = visit.come_back(changed(visit.at_github(visit.begin()), **changes))
    assert answer.status_code == 400
    assert "cannot be finished" in text_of(answer)
    assert not github.tokens


def test_above_the_limit_github_gets_no_request(
    visit: Visit, github: GitHub, settings: Settings
) -> None:
    settings.THROTTLE_RATES = {**settings.THROTTLE_RATES, "login": (3, 60)}
    back = visit.at_github(visit.begin())
    tampered = changed(back, state="0" * 32)
    assert [visit.come_back(tampered).status_code for _ in range(3)] == [400, 400, 429]
    answer = visit.come_back(back)
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) >= 1
    assert "Too many requests" in text_of(answer)
    assert not github.tokens


def test_another_browser_cannot_complete_a_sign_in(
    visit: Visit, new_visit: NewVisit
) -> None:
    back = visit.at_github(visit.begin())
    assert new_visit().come_back(back).status_code == 400


def test_an_expired_sign_in_is_refused(visit: Visit) -> None:
    back = visit.at_github(visit.begin())
    session = visit.client.session
    (key,) = (key for key, _ in session.items() if "state_" in key)
    session[key]["timestamp"] -= 1801
    session.save()
    assert visit.come_back(back).status_code == 400


def test_a_code_without_the_verifier_is_refused(visit: Visit) -> None:
    back = visit.at_github(visit.begin())
    session = visit.client.session
    (key,) = (key for key, _ in session.items() if "state_" in key)
    session[key]["code_verifier"] = "stolen" * 8
    session.save()
    answer = visit.come_back(back)
    assert answer.status_code == 400
    assert "has expired" in text_of(answer)


@pytest.mark.parametrize("code", ["wrong", "", None])
def test_a_wrong_code_is_refused(visit: Visit, code: str | None) -> None:
    answer = visit.come_back(changed(visit.at_github(visit.begin()), code=code))
    assert answer.status_code == 400
    assert "Sign in again" in text_of(answer)


def test_an_expired_code_is_refused(visit: Visit, github: GitHub) -> None:
    github.broken["codes"] = 400
    answer = visit.sign_in()
    assert answer.status_code == 400
    assert "has expired" in text_of(answer)


@pytest.mark.parametrize("path", RESOURCES)
@pytest.mark.parametrize("status", [500, 503, 429])
def test_an_outage_of_github_is_shown(
    visit: Visit, github: GitHub, path: str, status: int
) -> None:
    github.broken[path] = status
    answer = visit.sign_in()
    assert answer.status_code == 503
    assert "GitHub does not respond" in text_of(answer)
    assert "Try again" in text_of(answer)


@pytest.mark.parametrize("path", RESOURCES)
@pytest.mark.parametrize("status", [200, 401, 403, 404])
def test_an_unexpected_response_is_shown_and_logged(
    visit: Visit,
    github: GitHub,
    caplog: pytest.LogCaptureFixture,
    path: str,
    status: int,
) -> None:
    github.broken[path] = status
    answer = visit.sign_in()
    assert answer.status_code == 502
    assert "GitHub refused the request of this registry" in text_of(answer)
    (line,) = (r for r in caplog.records if r.name == "registry.sign_in")
    assert line.levelno == logging.WARNING


def test_an_unreachable_github_is_shown(visit: Visit, settings: Settings) -> None:
    back = visit.at_github(visit.begin())
    settings.SOCIAL_AUTH_GITHUB_URL = f"http://127.0.0.1:{free_port()}"
    answer = visit.come_back(back)
    assert answer.status_code == 503
    assert "GitHub does not respond" in text_of(answer)


def test_wrong_keys_are_logged(
    visit: Visit, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.SOCIAL_AUTH_GITHUB_SECRET = "of another app"
    answer = visit.sign_in()
    assert answer.status_code == 502
    (line,) = (r for r in caplog.records if r.name == "registry.sign_in")
    assert line.values["said"] == "incorrect_client_credentials"  # type: ignore[attr-defined]


def test_a_wrong_callback_address_is_logged(visit: Visit, github: GitHub) -> None:
    github.registry = "http://elsewhere"
    answer = visit.sign_in()
    assert answer.status_code == 502


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?error=access_denied&error_description=%0aforged",
        "?error=unverified_user_email",
        "?error=server_error",
        "?error=temporarily_unavailable",
        "?error=%00%ff&state=%00",
        "?denied=1",
        "?code=1",
        "?code=1&state=2",
        "?state=2&partial_token=x&id=3&user=1",
    ],
)
def test_every_response_of_github_shows_a_page(visit: Visit, query: str) -> None:
    answer = visit.client.get(f"/social/complete/github/{query}")
    assert 400 <= answer.status_code <= 503
    assert answer.status_code != 500
    assert b"<h1>" in answer.content


def test_the_callback_accepts_only_get(client: Client, visit: Visit) -> None:
    assert client.post("/social/complete/github/").status_code == 405
    assert client.head("/social/complete/github/").status_code == 405


def test_abandoned_sign_ins_are_removed(visit: Visit) -> None:
    visit.begin()
    Nonce.objects.update(timestamp=1_000_000_000)
    visit.begin()
    assert Nonce.objects.count() == 1
