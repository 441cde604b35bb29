"""Fixtures of the tests in a real browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Response, StorageState

from tests.browser.site import PASSWORD, PERSON, Site, fill
from tests.plugins.server import StartRegistry

NewPage = Callable[..., Page]


@pytest.fixture(scope="session")
def site(start_registry: StartRegistry) -> Site:
    """Start the registry that all of these tests share, without a reset."""
    registry = start_registry(example=True)
    registry.user(PERSON, PASSWORD)
    back = ("--redirect-uri", "https://notebook.example.org/back")
    registry.manage("create_client", "notebook", "--grant", "code", *back)
    site = Site(registry, registry.token())
    fill(site)
    return site


@pytest.fixture(scope="session")
def session(browser: Browser, site: Site) -> StorageState:
    """Sign a user in once; return the cookies."""
    context = browser.new_context(base_url=site.url)
    page = context.new_page()
    sign_in(page)
    state = context.storage_state()
    context.close()
    return state


def sign_in(page: Page, *, address: str = "/sign-in", name: str = PERSON) -> None:
    """Sign in by the form."""
    page.goto(address)
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.locator("main").get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/sign-in" not in url)


@pytest.fixture
def new_page(browser: Browser, site: Site, session: StorageState) -> Iterator[NewPage]:
    """Return what opens a page in a fresh profile; whatever it complains of fails.

    ``refused`` is the status of an answer to a script that the test is about.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_page(*, signed_in: bool = True, refused: int = 0, **options: Any) -> Page:
        context = browser.new_context(
            base_url=site.url,
            storage_state=session if signed_in else None,
            **options,
        )
        contexts.append(context)
        page = context.new_page()
        _listen(page, site, complaints, refused)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def _listen(page: Page, site: Site, complaints: list[str], refused: int) -> None:
    """Note errors in the console, and everything that leaves the site."""
    host = urlsplit(site.url).netloc

    def answered(response: Response) -> None:
        # the console names the address of a page that tells of a problem, too
        if response.status < 400 or response.status == refused:
            return
        if not response.request.is_navigation_request():
            complaints.append(f"{response.status} {response.url}")

    def asked(address: str) -> None:
        parts = urlsplit(address)
        if parts.scheme not in {"data", "blob"} and parts.netloc != host:
            complaints.append(f"asked another host: {address}")

    page.on("response", answered)
    page.on("request", lambda request: asked(request.url))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda message: (
            complaints.append(message.text)
            if message.type in {"error", "warning"}
            and "the server responded with a status" not in message.text
            else None
        ),
    )
