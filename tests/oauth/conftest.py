"""A live registry for OAuth clients, and a person with a browser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.chromium import launch_options
from tests.plugins.server import LiveRegistry, StartRegistry

NAME, PASSWORD = "henrietta", "a table of leavitt"
#: Lifetime of access tokens in seconds; clients refresh them five seconds earlier.
LIFETIME = 7


@pytest.fixture(scope="session")
def browser_type_launch_args(
    browser_type_launch_args: dict[str, Any],
) -> dict[str, Any]:
    """Use the Chromium of the system."""
    return launch_options(browser_type_launch_args)


@pytest.fixture(scope="session")
def registry(start_registry: StartRegistry) -> LiveRegistry:
    """Start a registry with short-lived tokens and an account."""
    registry = start_registry(REGISTRY_ACCESS_TOKEN_SECONDS=str(LIFETIME))
    registry.user(NAME, PASSWORD)
    return registry


@dataclass
class Person:
    """A person with a browser, who signs in when asked to."""

    page: Page

    def open(self, address: str) -> None:
        """Open a URL, signing in if the registry asks for it."""
        self.page.goto(address)
        if "/sign-in" in self.page.url:
            self.page.get_by_label("User name").fill(NAME)
            self.page.get_by_label("Password").fill(PASSWORD)
            main = self.page.locator("main")
            main.get_by_role("button", name="Sign in", exact=True).click()

    def type_code(self, code: str) -> None:
        """Enter the code of a device."""
        self.open("/device")
        self.page.get_by_label("Code").fill(code)
        self.page.get_by_role("button", name="Continue").click()

    def decide(self, code: str, choice: str) -> None:
        """Approve or deny a device."""
        self.type_code(code)
        self.page.get_by_role("button", name=choice).click()
        self.page.get_by_role("heading", name="Go back to the device").wait_for()

    def revoke_all(self) -> int:
        """Revoke all sessions of the person; return how many there were."""
        self.open("/account/")
        ended = 0
        while self.page.get_by_role("button", name="Revoke ").count():
            self.page.get_by_role("button", name="Revoke ").first.click()
            self.page.get_by_text("no longer has access").wait_for()
            ended += 1
        return ended


@pytest.fixture(scope="session")
def patient_registry(start_registry: StartRegistry) -> LiveRegistry:
    """Start a registry whose tokens have the default lifetime."""
    registry = start_registry()
    registry.user(NAME, PASSWORD)
    return registry


@pytest.fixture
def person(browser: Browser, registry: LiveRegistry) -> Iterator[Person]:
    """Return a person with a new browser."""
    context = browser.new_context(base_url=registry.url)
    yield Person(context.new_page())
    context.close()


@pytest.fixture
def patient_person(
    browser: Browser, patient_registry: LiveRegistry
) -> Iterator[Person]:
    """Return a person with a new browser at the other registry."""
    context = browser.new_context(base_url=patient_registry.url)
    yield Person(context.new_page())
    context.close()
