"""Reading, filtering, registering and signing in need no JavaScript."""

from __future__ import annotations

import re
import uuid

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewPage, sign_in
from tests.browser.site import PERSON, Site

pytestmark = [pytest.mark.once, pytest.mark.xdist_group("browser")]


@pytest.fixture
def page(new_page: NewPage) -> Page:
    """Return a page of somebody signed in, in a browser that runs no scripts."""
    return new_page(java_script_enabled=False)


def test_signing_in_and_out(new_page: NewPage) -> None:
    page = new_page(signed_in=False, java_script_enabled=False)
    sign_in(page, address="/sign-in?next=/account/")
    expect(page.get_by_text(PERSON).first).to_be_visible()
    page.locator("header summary").click()
    page.locator("header").get_by_role("button", name="Sign out").click()
    expect(page.locator("header summary")).to_have_text("Links")


def test_reading(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="Data products").first.click()
    page.locator("tbody").get_by_role("link", name="influenza/fitted-rates").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("fitted-rates 1.0.0")
    page.get_by_text("BibTeX").click()
    expect(page.locator("#bibtex")).to_be_visible()
    # what needs scripts is not offered
    expect(page.get_by_role("button", name="Copy")).to_have_count(0)
    page.goto("/docs/getting-started/")
    for block in page.locator("article pre").all():
        expect(block).to_be_visible()


def test_filtering(page: Page) -> None:
    page.goto("/data_product/")
    page.locator(".filters > summary").click()
    page.get_by_label("Name", exact=True).fill("influenza/*")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator("tbody tr")).to_have_count(4)
    page.get_by_label("Namespace").fill("no link")
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_role("alert")).to_contain_text("There is no namespace")


def test_comparing(page: Page) -> None:
    page.goto("/code_run/")
    boxes = page.locator("tbody input[type=checkbox]")
    boxes.nth(0).check()
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_text("One run is chosen.")).to_be_visible()
    # two of the example: other tests register runs that have less to unfold
    page.get_by_label("Code runs").fill("2 1")
    page.get_by_role("button", name="Compare").click()
    inputs = page.get_by_role("region", name="Inputs", exact=True)
    expect(inputs.get_by_role("columnheader")).to_have_count(3)
    page.locator("main section summary").first.click()
    expect(page.locator("main section details[open] dl")).to_be_visible()


def test_registering(page: Page, site: Site) -> None:
    name = f"without-scripts-{uuid.uuid4().hex[:8]}"
    page.goto("/namespace/new/")
    page.get_by_label("Name (required)").fill("a*b")
    page.get_by_role("button", name="Register").click()
    expect(page.locator("#id_name_error")).to_contain_text("Names may not contain")
    expect(page.locator("#form-json")).to_contain_text('"name": "a*b"')
    page.get_by_label("Name (required)").fill(name)
    page.get_by_role("button", name="Register").click()
    expect(page).to_have_url(re.compile(r"/namespace/\d+/$"))
    assert site.newest("namespace")["name"] == name


def test_raising_an_issue(page: Page) -> None:
    page.goto("/data_product/3/")
    page.get_by_role("link", name="Raise an issue").click()
    page.get_by_label("Description").fill("without scripts")
    page.get_by_role("button", name="Raise the issue").click()
    expect(page.get_by_text("is raised.")).to_be_visible()


def test_the_token(page: Page) -> None:
    page.goto("/get-token")
    page.locator("main button").first.click()
    expect(page.get_by_label("Token", exact=True)).to_have_value(
        re.compile(r"^[0-9a-f]{40}$")
    )


def test_the_browsable_api(page: Page, site: Site) -> None:
    name = f"form-without-scripts-{uuid.uuid4().hex[:8]}"
    page.goto("/api/namespace/")
    expect(page.locator(".exchange")).to_contain_text('"count":')
    page.get_by_text("HTML form").click()
    page.get_by_label("name (required)", exact=False).first.fill(name)
    page.get_by_role("button", name="POST").click()
    expect(page.locator(".exchange")).to_contain_text("HTTP 201")
    assert site.newest("namespace")["name"] == name
