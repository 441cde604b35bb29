"""The admin in a real browser: strict headers, both themes, wide and narrow."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    expect,
)

from tests.admin.browsing import PASSWORD
from tests.plugins.server import LiveRegistry, StartRegistry

pytestmark = [pytest.mark.once, pytest.mark.xdist_group("admin-in-browser")]

AXE = Path(__file__).parents[1] / "vendor" / "axe" / "axe.min.js"
DESCRIPTION = "Boys in bed at a boarding school, 1978"


@pytest.fixture(scope="module")
def registry(start_registry: StartRegistry) -> LiveRegistry:
    """Start a registry with a curator; what a test adds stays for the next."""
    registry = start_registry()
    registry.user("curator", PASSWORD, "--staff", "--role", "entity-registry-admin")
    _post(registry, "object", description=DESCRIPTION)
    _post(registry, "namespace", name="school")
    for name in ("Comma-separated values", "CSV"):
        _post(registry, "file_type", name=name, extension="csv")
    return registry


def _post(registry: LiveRegistry, kind: str, **values: Any) -> dict[str, Any]:
    answer = requests.post(
        f"{registry.url}/api/{kind}/", json=values, auth=_admin(registry), timeout=30
    )
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def _get(registry: LiveRegistry, path: str) -> Any:
    answer = requests.get(f"{registry.url}/api/{path}", timeout=30)
    assert answer.status_code == 200, answer.text
    return answer.json()


def _admin(registry: LiveRegistry) -> tuple[str, str]:
    return "admin", registry.password


@contextmanager
def _curator(registry: LiveRegistry, context: BrowserContext) -> Iterator[Page]:
    """Sign the curator in."""
    page = context.new_page()
    page.goto(f"{registry.url}/admin/")
    page.get_by_label("User name").fill("curator")
    page.get_by_label("Password").fill(PASSWORD)
    page.locator("main").get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Service status")).to_be_visible()
    yield page
    context.close()


@pytest.fixture
def page(browser: Browser, registry: LiveRegistry) -> Iterator[Page]:
    """Return a page of the curator.

    What the browser refuses, misses or complains of fails the test, and so does a
    request to any other host.
    """
    complaints: list[str] = []

    def note_console(told: ConsoleMessage) -> None:
        if told.type in {"error", "warning"}:
            complaints.append(told.text)

    def note_request(sent: Request) -> None:
        if not sent.url.startswith((registry.url, "data:")):
            complaints.append(f"request to {sent.url}")

    context = browser.new_context(base_url=registry.url)
    context.on("console", note_console)
    context.on("request", note_request)
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    with _curator(registry, context) as page:
        yield page
    assert complaints == []


@pytest.fixture(params=["light", "dark"])
def inspected(
    browser: Browser, registry: LiveRegistry, request: pytest.FixtureRequest
) -> Iterator[Page]:
    """Return a page of the curator that axe may look at, which needs inline styles."""
    context = browser.new_context(
        base_url=registry.url, color_scheme=request.param, bypass_csp=True
    )
    with _curator(registry, context) as page:
        yield page


def _choose(page: Page, label: str, term: str) -> None:
    """Search for the target of a link, as one types, and take the first."""
    page.get_by_role("combobox", name=re.compile(f"^{label}")).click()
    page.get_by_role("searchbox", name=re.compile(f"^{label}")).last.fill(term)
    page.get_by_role("option", name=term).first.click()


def test_a_product_can_be_registered_with_a_new_namespace(
    page: Page, registry: LiveRegistry
) -> None:
    page.goto("/admin/registry/dataproduct/add/")
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Add another namespace").click()
    window = opened.value
    window.get_by_label("Name:", exact=True).fill("outbreaks")
    window.get_by_role("button", name="Save").click()
    expect(page.locator("#select2-id_namespace-container")).to_contain_text("outbreaks")
    page.get_by_label("Name:", exact=True).fill("human/in-bed")
    page.get_by_label("Version:").fill("1.0.0")
    _choose(page, "Object", DESCRIPTION)
    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.get_by_text("was added successfully")).to_be_visible()

    [product] = _get(registry, "data_product/?name=human/in-bed")["results"]
    assert product["version"] == "1.0.0"
    page.get_by_role("link", name="History", exact=True).click()
    [row] = page.locator("#change-history > table > tbody > tr").all()
    expect(row).to_contain_text("curator")
    expect(row).to_contain_text("Chrome")


def test_a_keyword_can_be_added_from_its_object(page: Page) -> None:
    page.goto("/admin/registry/object/1/change/")
    page.get_by_role("link", name="Add to Keywords").click()
    expect(page.locator("#select2-id_object-container")).to_contain_text(DESCRIPTION)
    page.get_by_label("Keyphrase:").fill("influenza")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was added successfully")).to_be_visible()
    page.goto("/admin/registry/keyword/")
    page.get_by_text("By object").click()
    _choose(page, "Search for object", DESCRIPTION)
    page.get_by_role("button", name="Filter").click()
    expect(page).to_have_url(re.compile(r"object__id__exact=1"))
    expect(page.locator("#result_list tbody tr")).to_have_count(1)


def test_duplicates_can_be_merged_with_the_keyboard(
    page: Page, registry: LiveRegistry
) -> None:
    names = ("Portable document", "PDF")
    kept, gone = (
        _post(registry, "file_type", name=name, extension="pdf") for name in names
    )
    page.goto("/admin/registry/filetype/?q=pdf")
    for box in page.locator("#result_list tbody input[type=checkbox]").all():
        box.check()
    page.get_by_label("Action:").select_option("Merge selected file types")
    page.get_by_role("button", name="Run").or_(
        page.get_by_role("button", name="Go")
    ).click()
    number = kept["url"].rstrip("/").rpartition("/")[2]
    radio = page.get_by_label(f"Keep file type {number}")
    page.get_by_role("radio").first.focus()
    for _ in range(2):
        if not radio.is_checked():
            page.keyboard.press("ArrowDown")
    expect(radio).to_be_checked()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Merged 2 file types")).to_be_visible()
    answer = requests.get(gone["url"], allow_redirects=False, timeout=30)
    assert (answer.status_code, answer.headers["Location"]) == (308, kept["url"])


PAGES = [
    "/admin/",
    "/admin/registry/",
    "/admin/registry/object/",
    "/admin/registry/object/add/",
    "/admin/registry/object/1/change/",
    "/admin/registry/object/1/history/",
    "/admin/registry/coderun/add/",
    "/admin/registry/issue/add/",
    "/admin/registry/filetype/",
    "/admin/registry/filetype/merge/?ids=1,2",
    "/admin/registry/user/",
    "/admin/registry/user/add/",
    "/admin/registry/user/2/change/",
    "/admin/registry/user/2/password/",
    "/admin/registry/event/",
    "/admin/registry/event/1/change/",
    "/admin/auth/group/add/",
]


@pytest.mark.parametrize("width", [1280, 390])
def test_every_type_of_page_fits_the_screen(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    for path in PAGES:
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


@pytest.mark.parametrize("width", [1280, 390])
def test_every_type_of_page_is_accessible(inspected: Page, width: int) -> None:
    inspected.set_viewport_size({"width": width, "height": 900})
    for path in PAGES:
        inspected.goto(path)
        assert_accessible(inspected)


def test_errors_and_open_menus_are_accessible(inspected: Page) -> None:
    inspected.goto("/admin/registry/coderun/add/")
    inspected.get_by_role("button", name="Save", exact=True).click()
    errors = inspected.get_by_text("Please correct the errors below")
    expect(errors).to_be_visible()
    assert_accessible(inspected)
    inspected.get_by_role("combobox", name="Code repo").click()
    expect(inspected.get_by_role("option", name=DESCRIPTION)).to_be_visible()
    assert_accessible(inspected)


def assert_accessible(page: Page) -> None:
    """Have axe look for what keeps people from using the page."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run().then(found => found.violations)")
    told = [(one["id"], [node["html"] for node in one["nodes"]]) for one in found]
    assert told == [], page.url
