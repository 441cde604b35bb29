"""The runs of a template, used without scripts and by the keyboard."""

from __future__ import annotations

import pytest
from playwright.sync_api import ViewportSize, expect

from tests.browser.axe import violations
from tests.browser.conftest import NewPage
from tests.browser.site import Site

pytestmark = [pytest.mark.once, pytest.mark.xdist_group("browser")]

#: The narrowest screen that a page has to fit.
TELEPHONE: ViewportSize = {"width": 360, "height": 780}


def _address(site: Site, query: str = "") -> str:
    return f"/workflow_template/{site.ids['workflow_template']}/runs/{query}"


def test_runs_are_filtered_sorted_and_plotted_without_scripts(
    new_page: NewPage, site: Site
) -> None:
    page = new_page(java_script_enabled=False)
    page.goto(_address(site))
    page.locator("details.filters summary").click()
    page.get_by_role("group", name="RCP").get_by_label("Is", exact=True).fill("45")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator(".list-head strong")).to_have_text("6")
    page.locator(".run-table thead").get_by_role("link", name="score").click()
    expect(page.locator(".run-table [aria-sort=ascending]")).to_contain_text("score")
    expect(page.locator(".list-head strong")).to_have_text("6")
    page.get_by_label("Across").select_option("annotation.score")
    page.get_by_label("Up").select_option("duration")
    page.get_by_role("button", name="Plot").click()
    description = page.locator("#plot-words")
    expect(description).to_contain_text("runs with both numbers")
    shown = page.locator("svg.plot circle").count()
    expect(description).to_contain_text(f"{shown} runs with both numbers.")
    page.locator("svg.plot a").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Projection")


def test_the_points_of_a_plot_can_be_skipped_by_the_keyboard(
    new_page: NewPage, site: Site
) -> None:
    page = new_page()
    page.goto(_address(site, "?x=annotation.RCP&y=annotation.score"))
    page.get_by_role("button", name="Plot").focus()
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip the points of the plot")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="SVG", exact=True)).to_be_focused()


@pytest.mark.parametrize(
    "address",
    [
        "/workflow_template/{workflow_template}/runs/?x=annotation.RCP&y=start_time",
        "/workflow_template/{workflow_template}/",
        "/dataset_template/{dataset_template}/",
        "/model_run/{model_run}/",
        "/code_run/{run_of_model}/",
    ],
)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_of_runs_fit_a_small_telephone(
    address: str, scheme: str, new_page: NewPage, site: Site
) -> None:
    page = new_page(viewport=TELEPHONE, color_scheme=scheme, reduced_motion="reduce")
    page.goto(address.format(**site.ids))
    assert page.evaluate("document.documentElement.scrollWidth") <= TELEPHONE["width"]
    assert not violations(page, "html")
