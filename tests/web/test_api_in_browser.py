"""The browsable API in a real browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.plugins.server import LiveRegistry

pytestmark = [pytest.mark.once, pytest.mark.xdist_group("api-readers")]


@pytest.fixture
def page(page: Page, live_registry: LiveRegistry) -> Iterator[Page]:
    """Return a page of somebody signed in; errors of its scripts fail the test."""
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{live_registry.url}/sign-in?next=/api/")
    page.get_by_label("User name").fill("admin")
    page.get_by_label("Password").fill(live_registry.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="API")).to_be_visible()
    yield page
    assert complaints == []


def test_refused_json_can_be_corrected_and_sent_again(
    page: Page, live_registry: LiveRegistry
) -> None:
    page.goto(f"{live_registry.url}/api/namespace/")
    body, send = page.get_by_label("JSON"), page.get_by_role("button", name="POST")
    exchange = page.get_by_label("Request and response")
    body.fill('{"name": "in*browser"}')
    send.first.click()
    expect(exchange).to_contain_text("HTTP 400 Bad Request")
    body.fill(body.input_value().replace("*", "-"))
    send.first.click()
    expect(exchange).to_contain_text("HTTP 201 Created")
    page.get_by_role("link", name="/api/namespace/").last.click()
    expect(exchange).to_contain_text('"name": "in-browser"')


def test_a_record_can_be_changed(page: Page, live_registry: LiveRegistry) -> None:
    page.goto(f"{live_registry.url}/api/object/")
    exchange = page.get_by_label("Request and response")
    page.get_by_label("JSON").fill('{"description": "from the browser"}')
    page.get_by_role("button", name="POST").first.click()
    expect(exchange).to_contain_text("HTTP 201 Created")
    page.get_by_role("link", name="/api/object/").last.click()
    for method, old, new in (("PUT", "from", "through"), ("PATCH", "through", "by")):
        body = page.get_by_label("JSON")
        body.fill(body.input_value().replace(f"{old} the", f"{new} the"))
        page.get_by_role("button", name=method).click()
        expect(exchange).to_contain_text(f"{method} /api/object/")
        expect(exchange).to_contain_text(f"{new} the browser")
