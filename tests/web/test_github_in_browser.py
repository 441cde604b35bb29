"""Signing in with GitHub in a real browser, over a live registry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from tests.plugins.server import LiveRegistry, StartRegistry
from tests.web.github import (
    CLIENT_ID,
    CLIENT_SECRET,
    GitHub,
    Person,
    github_server,
)

pytestmark = [pytest.mark.once, pytest.mark.xdist_group("github-in-browser")]

_ids = count(1000)


@dataclass
class Site:
    """A registry for members of our-lab, and the GitHub that it asks."""

    registry: LiveRegistry
    github: GitHub
    token: str

    def visitor(self, login: str, name: str, *orgs: str) -> Person:
        """Have a new person sit down at the browser, signed in to GitHub."""
        person = Person(next(_ids), login, name, orgs=list(orgs or ("our-lab",)))
        self.github.visitor = person
        return person

    def account(self, username: str) -> dict[str, Any] | None:
        """Return the account as the API tells an administrator."""
        answer = requests.get(
            f"{self.registry.url}/api/users/",
            params={"username": username},
            headers={"Authorization": f"token {self.token}"},
            timeout=30,
        )
        results = answer.json()["results"]
        return dict(results[0]) if results else None


@pytest.fixture(scope="module")
def site(start_registry: StartRegistry) -> Iterator[Site]:
    """Start both; what a test adds stays for the next."""
    with github_server(Person(1, "octocat")) as github:
        registry = start_registry(
            GITHUB_URL=github.url,
            GITHUB_CLIENT_ID=CLIENT_ID,
            GITHUB_CLIENT_SECRET=CLIENT_SECRET,
            GITHUB_ALLOWED_ORGS="our-lab",
        )
        github.registry = registry.url
        yield Site(registry, github, registry.token())


@pytest.fixture
def page(page: Page, site: Site) -> Iterator[Page]:
    """Return a page of the site; errors in its console fail the test."""
    complaints: list[str] = []
    # a page that tells of a problem has its status, which Chromium notes
    page.on(
        "console",
        lambda message: (
            None
            if message.type != "error" or "the server responded" in message.text
            else complaints.append(message.text)
        ),
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{site.registry.url}/search/?q=influenza")
    yield page
    assert complaints == []


def _menu(page: Page) -> None:
    page.locator("header details.menu summary").click()


def _begin(page: Page) -> None:
    _menu(page)
    page.locator("header").get_by_role("button", name="Sign in with GitHub").click()


def _sign_out(page: Page) -> None:
    _menu(page)
    page.locator("header").get_by_role("button", name="Sign out").click()
    expect(page.locator("header summary")).to_have_text("Links")


def _button(page: Page, name: str) -> None:
    page.locator("main").get_by_role("button", name=name).click()


def _allow(page: Page) -> None:
    page.get_by_role("button", name="Allow").click()


def _is_signed_in(page: Page, name: str) -> None:
    expect(page.locator("header summary")).to_have_text(name)


def _heading(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_contain_text(text)


def test_the_first_sign_in_creates_an_account(page: Page, site: Site) -> None:
    site.visitor("marie", "Marie S.", "our-lab", "sorbonne")
    _begin(page)
    expect(page.get_by_text("You are marie.")).to_be_visible()
    assert page.url.startswith(f"{site.github.url}/login/oauth/authorize?")
    _allow(page)
    expect(page).to_have_url(f"{site.registry.url}/search/?q=influenza")
    _is_signed_in(page, "Marie S.")
    expect(page.get_by_text("Your account is marie")).to_be_visible()
    account = site.account("marie")
    assert account is not None
    assert account["full_name"] == "Marie S."
    assert account["email"] == "marie@example.org"
    assert account["orgs"] == ["our-lab", "sorbonne"]
    page.goto(f"{site.registry.url}/account/")
    expect(
        page.get_by_text("You have no roles. You can register records")
    ).to_be_visible()


def test_the_second_sign_in_updates_the_profile(page: Page, site: Site) -> None:
    person = site.visitor("irene", "Irène J.")
    _begin(page)
    _allow(page)
    _sign_out(page)
    person.name, person.email = "Irène C.", "irene@paris.example.org"
    _begin(page)
    _is_signed_in(page, "Irène C.")
    account = site.account("irene")
    assert account is not None
    assert account["email"] == "irene@paris.example.org"


def test_a_denied_sign_in_can_be_repeated(page: Page, site: Site) -> None:
    site.visitor("lise", "Lise M.")
    _begin(page)
    page.get_by_role("button", name="Deny").click()
    _heading(page, "You did not authorise this registry at GitHub")
    assert site.account("lise") is None
    _button(page, "Try again")
    _allow(page)
    expect(page).to_have_url(f"{site.registry.url}/search/?q=influenza")
    _is_signed_in(page, "Lise M.")


def test_a_refused_person_can_use_another_account(page: Page, site: Site) -> None:
    site.visitor("carl", "Carl B.", "elsewhere")
    _begin(page)
    _allow(page)
    _heading(page, "This registry is not open to carl")
    expect(page.get_by_text("Members of our-lab can sign in")).to_be_visible()
    assert site.account("carl") is None
    site.visitor("otto", "Otto H.")
    _button(page, "Use another GitHub account")
    expect(page.get_by_text("You are otto.")).to_be_visible()
    _allow(page)
    _is_signed_in(page, "Otto H.")


def test_a_taken_name_offers_to_link_the_account(page: Page, site: Site) -> None:
    site.registry.user("rosalind", "correct horse battery")
    site.visitor("rosalind", "Rosalind F.")
    _begin(page)
    _allow(page)
    _heading(page, "The user name rosalind is taken")
    page.locator("main").get_by_role("link", name="Sign in to rosalind").click()
    expect(page.get_by_label("User name")).to_have_value("rosalind")
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).to_have_url(f"{site.registry.url}/account/")
    _button(page, "Link with GitHub")
    _allow(page)
    expect(page.get_by_text("You can now sign in with GitHub")).to_be_visible()
    _sign_out(page)
    _begin(page)
    _is_signed_in(page, "Rosalind F.")
    account = site.account("rosalind")
    assert account is not None
    assert account["full_name"] == "Rosalind F."
    assert site.account("rosalind-github") is None


def test_a_taken_name_offers_another_name(page: Page, site: Site) -> None:
    site.visitor("Admin", "Not the administrator")
    _begin(page)
    _allow(page)
    _heading(page, "The user name Admin is taken")
    _button(page, "Continue as Admin-github")
    _is_signed_in(page, "Not the administrator")
    assert site.account("Admin-github") is not None
    page.goto(f"{site.registry.url}/admin/")
    expect(page.get_by_role("heading", name="Not the administrator")).to_have_count(0)
    admin = site.account("admin")
    assert admin is not None
    assert admin["full_name"] != "Not the administrator"


def test_a_deactivated_person_gets_a_message(page: Page, site: Site) -> None:
    site.visitor("fritz", "Fritz H.")
    _begin(page)
    _allow(page)
    _sign_out(page)
    site.registry.manage(
        "shell",
        "-c",
        "from registry.identity.models import User;"
        "User.objects.filter(username='fritz').update(is_active=False)",
    )
    _begin(page)
    _heading(page, "Your account is deactivated")
    expect(page.locator("header summary")).to_have_text("Links")


def test_an_outage_of_github_is_shown(page: Page, site: Site) -> None:
    site.visitor("emmy", "Emmy N.")
    site.github.broken["/api/v3/user/orgs"] = 503
    _begin(page)
    _allow(page)
    _heading(page, "GitHub does not respond")
    site.github.broken.clear()
    _button(page, "Try again")
    _is_signed_in(page, "Emmy N.")


def test_an_expired_code_can_be_replaced(page: Page, site: Site) -> None:
    site.visitor("ada", "Ada L.")
    site.github.broken["codes"] = 400
    _begin(page)
    _allow(page)
    _heading(page, "The response of GitHub has expired")
    site.github.broken.clear()
    _button(page, "Try again")
    _is_signed_in(page, "Ada L.")


def test_a_forged_state_is_refused(page: Page, site: Site) -> None:
    site.visitor("mallory", "Mallory")
    _begin(page)
    page.locator("input[name=state]").evaluate("field => field.value = '0'.repeat(32)")
    _allow(page)
    _heading(page, "This sign-in cannot be finished")
    assert site.account("mallory") is None


def test_signing_in_works_without_scripts(browser: Browser, site: Site) -> None:
    site.visitor("grace", "Grace H.")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site.registry.url}/sign-in?next=/account/")
    _button(page, "Sign in with GitHub")
    _allow(page)
    expect(page).to_have_url(f"{site.registry.url}/account/")
    _is_signed_in(page, "Grace H.")
    context.close()


def test_forms_can_redirect_only_to_github(site: Site) -> None:
    policy = requests.get(site.registry.url, timeout=30).headers[
        "Content-Security-Policy"
    ]
    assert f"form-action 'self' {site.github.url};" in f"{policy};"
