"""Swagger UI and Redoc in a real browser: they work, and need no other host."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Route, expect

from tests.plugins.server import LiveRegistry

pytestmark = [pytest.mark.once, pytest.mark.xdist_group("api-readers")]

#: As a registry is called from outside: what is on 127.0.0.1 may be treated otherwise.
HOST = "https://registry.test"


@pytest.fixture
def page(page: Page, live_registry: LiveRegistry) -> Iterator[Page]:
    """Return a page under a public name; foreign requests and complaints fail it."""
    complaints: list[str] = []

    def lead(route: Route) -> None:
        address = route.request.url.replace(HOST, live_registry.url)
        answer = route.fetch(url=address)
        route.fulfill(status=answer.status, headers=answer.headers, body=answer.body())

    def note(address: str) -> None:
        if not address.startswith((f"{HOST}/", f"blob:{HOST}/", "data:")):
            complaints.append(f"asked {address}")

    page.route(f"{HOST}/**", lead)
    page.on("request", lambda request: note(request.url))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda message: (
            complaints.append(message.text) if message.type == "error" else None
        ),
    )
    yield page
    # What comes late counts too, and is led to its end before the page is closed.
    page.wait_for_load_state("networkidle")
    page.unroute_all(behavior="wait")
    assert complaints == []


def test_swagger_shows_the_operations_and_sends_requests(page: Page) -> None:
    page.goto(f"{HOST}/api/docs/")
    expect(page.get_by_text("List authors")).to_have_count(0)
    page.locator("#operations-tag-author").click()
    page.locator("#operations-author-author_list .opblock-summary-control").click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    answer = page.locator(".live-responses-table .response")
    expect(answer.locator(".response-col_status")).to_contain_text("200")
    expect(answer.locator(".response-col_description")).to_contain_text('"count"')


def test_redoc_shows_the_operations_and_finds_them(page: Page) -> None:
    page.goto(f"{HOST}/api/redoc/")
    expect(page.get_by_role("heading", name="List authors")).to_be_visible()
    page.get_by_placeholder("Search").fill("Register namespaces")
    expect(page.locator("[data-role='search:results']")).to_contain_text(
        "Register namespaces"
    )


def test_both_pages_link_to_the_registry(page: Page) -> None:
    for path in ("/api/docs/", "/api/redoc/"):
        page.goto(f"{HOST}{path}")
        head = page.get_by_role("navigation", name="Main")
        expect(head.get_by_role("link", name="Research registry")).to_be_visible()
