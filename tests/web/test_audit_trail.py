"""Actions of people are recorded on every surface, without their secrets."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from typing import Any

import pytest
import requests
from django.contrib.auth import SESSION_KEY
from django.test import Client
from pytest_django import Settings

from registry.core.models import Event
from registry.identity.models import User
from registry.identity.services import create_user, issue_token
from tests.factories import UserFactory
from tests.plugins.server import LiveRegistry, StartRegistry
from tests.web.github import CLIENT_SECRET, GitHub
from tests.web.visits import Visit

PASSWORD = "correct horse battery"
FIREFOX = "Firefox/150.0"


@pytest.fixture
def anna_here(db: None) -> User:
    return create_user(username="anna", password=PASSWORD)


@pytest.fixture
def browser() -> Client:
    return Client(headers={"user-agent": FIREFOX}, REMOTE_ADDR="192.0.2.7")


def _told(person: User | None) -> list[tuple[str, dict[str, Any]]]:
    """Return what was written of a person, the account itself aside."""
    pk = person.pk if person is not None else None
    events = Event.objects.filter(kind="users", record_id=pk).exclude(action="created")
    for event in events:
        assert (event.client, event.address) == (FIREFOX, "192.0.2.7")
    return [(event.action, event.detail) for event in events.order_by("id")]


def _sign_in(browser: Client, name: str, password: str) -> Any:
    return browser.post("/sign-in", {"username": name, "password": password})


def test_signing_in_and_out(anna_here: User, browser: Client) -> None:
    _sign_in(browser, "anna", PASSWORD)
    browser.post("/sign-out")
    browser.post("/sign-out")
    assert _told(anna_here) == [("signed_in", {"with": "password"}), ("signed_out", {})]
    assert SESSION_KEY not in browser.session


def test_failed_sign_ins_are_recorded(
    anna_here: User, browser: Client, settings: Settings
) -> None:
    settings.AXES_FAILURE_LIMIT = 2
    for password in ("guess", "guess", PASSWORD):
        _sign_in(browser, "anna", password)
    failed = ("sign_in_failed", {"with": "password"})
    locked = ("sign_in_failed", {"with": "password", "locked": True})
    assert _told(anna_here) == [failed, locked, locked]
    assert not Event.objects.filter(action="sign_in_failed", by__isnull=False).exists()


@pytest.mark.parametrize("name", ["my secret passphrase", "x" * 300, "a\0b", ""])
def test_an_unknown_user_name_is_not_stored(
    name: str, anna_here: User, browser: Client
) -> None:
    assert _sign_in(browser, name, "guess").status_code == 200
    [event] = Event.objects.filter(action="sign_in_failed")
    assert (event.record_id, event.subject) == (None, "")
    assert event.detail == {"with": "password"}


def test_a_deactivated_account_cannot_sign_in(anna_here: User, browser: Client) -> None:
    User.objects.filter(pk=anna_here.pk).update(is_active=False)
    _sign_in(browser, "anna", PASSWORD)
    assert _told(anna_here) == [("sign_in_failed", {"with": "password"})]


def test_failed_basic_authentication_is_recorded(
    anna_here: User, browser: Client
) -> None:
    for password, status in (("guess", 401), (PASSWORD, 200)):
        basic = b64encode(f"anna:{password}".encode()).decode()
        headers = {"authorization": f"Basic {basic}"}
        answer = browser.get("/api/username/", headers=headers)
        assert answer.status_code == status
    # what succeeds, succeeds with every request: no event for each
    assert _told(anna_here) == [("sign_in_failed", {"with": "password by HTTP Basic"})]


def test_generated_and_revoked_tokens_are_recorded(
    anna_here: User, browser: Client
) -> None:
    browser.force_login(anna_here)
    for path in ("/get-token", "/get-token", "/revoke-token", "/revoke-token"):
        browser.post(path)
    assert _told(anna_here) == [
        ("token_made", {"replaced": False}),
        ("token_made", {"replaced": True}),
        ("token_revoked", {}),
    ]


@pytest.mark.django_db
def test_signing_in_with_github_and_linking(visit: Visit, github: GitHub) -> None:
    visit.sign_in()
    person = visit.user
    assert person is not None
    actions = [event.action for event in Event.objects.order_by("id")]
    assert actions == ["created", "account_linked", "signed_in"]
    create_user(username="anna2", password=PASSWORD)
    User.objects.filter(pk=person.pk).update(is_active=False)
    other = Visit(Client(), github)
    assert other.sign_in().status_code == 403
    event = Event.objects.latest("id")
    assert (event.action, event.subject) == ("sign_in_failed", "anna at GitHub")
    assert event.detail == {"with": "GitHub", "because": "account_inactive"}


@pytest.mark.django_db
def test_granted_and_revoked_roles_are_recorded() -> None:
    person, root = UserFactory(roles=["handle-read"]), UserFactory(is_superuser=True)
    browser = Client()
    browser.force_login(root)
    page = f"/admin/registry/user/{person.pk}/change/"
    form = {
        "username": person.username,
        "roles": ["handle-write", "private-data-read"],
        "is_active": "on",
        "full_name": person.full_name,
        "email": person.email,
        "orgs": "",
    }
    assert browser.post(page, form).status_code == 302
    events = Event.objects.filter(action__startswith="role_", by=root).order_by("id")
    assert [(event.action, event.subject, event.record_id) for event in events] == [
        ("role_removed", "handle-read", person.pk),
        ("role_granted", "handle-write", person.pk),
        ("role_granted", "private-data-read", person.pk),
    ]


@pytest.mark.django_db
def test_only_names_from_github_are_recorded(
    visit: Visit, github: GitHub, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG", logger="registry"):
        visit.sign_in()
        github.broken["codes"] = 200
        Visit(Client(), github).sign_in()
    written = _written() + caplog.text
    assert "anna at GitHub" in written
    [token, *_] = github.tokens
    asked = [one["state"] for one in github.asked]
    for secret in (token, CLIENT_SECRET, *asked):
        assert secret not in written


def _written() -> str:
    """Return all that is stored of all events."""
    rows = Event.objects.values_list("subject", "client", "changes", "detail")
    return json.dumps(list(rows))


class _Person:
    """Somebody who uses a live registry, and the secrets that they used."""

    def __init__(self, registry: LiveRegistry) -> None:
        self.registry = registry
        self.session = requests.Session()
        self.session.headers["User-Agent"] = FIREFOX
        self.secrets: set[str] = set()

    def post(self, path: str, **form: str) -> requests.Response:
        """Send a form with its CSRF token."""
        self.session.get(f"{self.registry.url}/sign-in")
        cookies = {name: str(value) for name, value in self.session.cookies.items()}
        self.secrets |= set(cookies.values())
        [token] = [value for name, value in cookies.items() if "csrf" in name]
        data = {**form, "csrfmiddlewaretoken": token}
        answer = self.session.post(f"{self.registry.url}{path}", data, timeout=60)
        self.secrets |= {str(value) for value in self.session.cookies.values()}
        return answer


def test_no_secret_is_in_the_events_or_the_log(start_registry: StartRegistry) -> None:
    registry = start_registry(REGISTRY_LOG_LEVEL="DEBUG")
    registry.user("rosalind", PASSWORD)
    person = _Person(registry)
    wrong, forged = "a password of elsewhere", "f" * 40
    person.secrets |= {PASSWORD, registry.password, wrong, forged}
    person.post("/sign-in", username=wrong, password=PASSWORD)
    person.post("/sign-in", username="rosalind", password=wrong)
    person.post("/sign-in", username="rosalind", password=PASSWORD)
    shown = person.post("/get-token").text
    [key] = re.findall(r'value="([0-9a-f]{40})"', shown)
    command = registry.token("rosalind")
    person.secrets |= {key, command}
    api = f"{registry.url}/api"
    for header in (f"token {command}", f"Bearer {key}", f"token {forged}"):
        requests.post(
            f"{api}/namespace/",
            json={"name": "a"},
            headers={"Authorization": header},
            timeout=60,
        )
    for password in (wrong, PASSWORD):
        requests.get(f"{api}/username/", auth=("rosalind", password), timeout=60)
        basic = b64encode(f"rosalind:{password}".encode()).decode()
        person.secrets.add(basic)
    person.post("/revoke-token")
    person.post("/sign-out")
    events = _all_events(registry)
    told = [event["action"] for event in events]
    for action in ("signed_in", "sign_in_failed", "token_made", "token_revoked"):
        assert action in told
    _assert_not_stored(person.secrets, json.dumps(events), registry.log)


def _all_events(registry: LiveRegistry) -> list[dict[str, Any]]:
    headers = {"Authorization": f"token {registry.token()}"}
    url, events = f"{registry.url}/api/event/?page_size=1000", []
    while url:
        page = requests.get(url, headers=headers, timeout=60).json()
        events += page["results"]
        url = page["next"]
    return events


def _assert_not_stored(secrets: set[str], *texts: str) -> None:
    assert len(secrets) > 8
    for text in texts:
        assert text
        assert [secret for secret in secrets if secret in text] == []


@pytest.mark.django_db
def test_the_use_of_a_token_is_recorded_hourly() -> None:
    person = UserFactory()
    key = issue_token(user=person, by=person)
    api = Client(headers={"authorization": f"token {key}"})
    browser = Client()
    browser.force_login(person)
    assert "not used yet" in browser.get("/account/").content.decode()
    api.get("/api/username/")
    assert "last used on" in browser.get("/account/").content.decode()
