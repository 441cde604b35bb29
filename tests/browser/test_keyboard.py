"""Everything can be reached by the keyboard, with a visible focus."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewPage

pytestmark = [pytest.mark.once, pytest.mark.xdist_group("browser")]

#: How the focus shows: the width of the outline, or a ring drawn as a shadow.
_SHOWN = """() => {
  const style = getComputedStyle(document.activeElement);
  const outline = style.outlineStyle !== "none" ? parseFloat(style.outlineWidth) : 0;
  const name = document.activeElement.outerHTML.slice(0, 120);
  return [name, outline >= 2 || style.boxShadow !== "none"];
}"""


def _focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.textContent.trim()"))


def test_the_first_stop_skips_to_the_content(new_page: NewPage) -> None:
    page = new_page(signed_in=False)
    page.goto("/data_product/")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).not_to_be_in_viewport()
    page.keyboard.press("Tab")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    assert _focused(page) == "Home"


def test_the_menu_opens_and_closes(new_page: NewPage) -> None:
    page = new_page()
    page.goto("/search/")
    menu, summary = page.locator("details.menu"), page.locator("details.menu summary")
    first = menu.get_by_role("link", name="Account")
    summary.focus()
    page.keyboard.press("Enter")
    expect(first).to_be_visible()
    page.keyboard.press("Tab")
    expect(first).to_be_focused()
    page.keyboard.press("Escape")
    expect(first).to_be_hidden()
    expect(summary).to_be_focused()
    page.keyboard.press("Space")
    expect(first).to_be_visible()
    page.locator("h1").click()
    expect(first).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "address",
    [
        *("/", "/data_product/?name=*", "/data_product/2/", "/issue/new/"),
        *("/code_run/", "/code_run/compare/?id=1&id=2&id=3"),
    ],
)
def test_the_focus_is_always_visible(
    address: str, scheme: str, new_page: NewPage
) -> None:
    page = new_page(color_scheme=scheme, reduced_motion="reduce")
    page.goto(address)
    stops = set()
    for _ in range(120):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            break
        name, shown = page.evaluate(_SHOWN)
        assert shown, name
        stops.add(name)
    assert len(stops) > 12


def test_a_record_can_be_registered_without_a_mouse(new_page: NewPage) -> None:
    page = new_page()
    page.goto("/keyword/new/")
    page.get_by_role("combobox", name="Object").focus()
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("by keyboard")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/keyword/\d+/$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("by keyboard")


def test_runs_can_be_compared_without_a_mouse(new_page: NewPage) -> None:
    page = new_page(signed_in=False, viewport={"width": 360, "height": 780})
    page.goto("/code_run/")
    boxes = page.locator("tbody input[type=checkbox]")
    boxes.first.focus()
    page.keyboard.press("Space")
    for _ in range(2):
        page.keyboard.press("Tab")
        while not page.evaluate("document.activeElement.matches('[type=checkbox]')"):
            page.keyboard.press("Tab")
        page.keyboard.press("Space")
    expect(page.locator("tbody :checked")).to_have_count(3)
    page.get_by_role("button", name="Compare").press("Enter")
    expect(page).to_have_url(re.compile(r"/code_run/compare/\?(id=\d+&?){3}$"))
    run = page.get_by_role("region", name="Run: what differs", exact=True)
    run.focus()
    expect(run).to_be_focused()
    last = run.get_by_role("columnheader").last
    expect(last).not_to_be_in_viewport()
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    expect(last).to_be_in_viewport()
    # what a row is about stays in sight
    expect(run.get_by_role("rowheader", name="Description")).to_be_in_viewport()
    same = page.locator("main section summary").first
    same.press("Enter")
    expect(page.locator("main section details[open] dl").first).to_be_visible()


def test_what_is_ticked_is_not_below_the_bar(new_page: NewPage) -> None:
    page = new_page(signed_in=False, viewport={"width": 360, "height": 480})
    page.goto("/code_run/")
    for box in page.locator("tbody input[type=checkbox]").all():
        box.focus()
        assert page.evaluate("""() => {
          const box = document.activeElement;
          const { left, top } = box.getBoundingClientRect();
          return document.elementFromPoint(left + 5, top + 5) === box;
        }""")
