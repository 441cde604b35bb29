"""The form of a model run in a browser, by keyboard and without JavaScript."""

from __future__ import annotations

import json
import re
import uuid
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import violations
from tests.browser.conftest import NewPage
from tests.browser.site import Site

pytestmark = [pytest.mark.once, pytest.mark.xdist_group("browser")]

ADDRESS = "/workflow_template/1/run/"
ODD = "a'b\"[0].c <é & {{ 7 }}> 数"
PRODUCT = ("boarding-school in-bed", "boarding-school:influenza/in-bed 1.0.0")


def _json(page: Page) -> dict[str, Any]:
    return dict(json.loads(page.locator("#run-json").text_content() or ""))


def _tab_to(page: Page, id_: str) -> None:
    """Press Tab until the input has the focus."""
    for _ in range(40):
        if page.evaluate("document.activeElement.id") == id_:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not lead to {id_}.")


def _type(page: Page, id_: str, text: str) -> None:
    _tab_to(page, id_)
    page.keyboard.type(text)


def _choose(page: Page, id_: str, text: str, wanted: str) -> None:
    """Choose the first suggestion for a text."""
    _type(page, id_, text)
    options = page.locator(f'[id="{id_}-suggestions"] [role=option]')
    expect(options.first).to_contain_text(wanted)
    expect(page.locator(f'[id="{id_}-suggestions"]')).to_have_attribute(
        "aria-busy", "false"
    )
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(f'[id="{id_}"] ~ .chosen')).to_contain_text(wanted)


def _time(page: Page, id_: str, typed: str) -> None:
    """Type a time in the parts of its input, as American browsers have them."""
    _tab_to(page, id_)
    page.keyboard.type(typed)


def _product(site: Site) -> int:
    """Register a data product of one run alone, so that the run can be deleted."""
    name = f"rates-{uuid.uuid4().hex[:8]}"
    namespace = site.newest("namespace", name="own")["url"]
    return site.product(namespace, name, name.encode())


def _remove(site: Site, page: Page) -> None:
    """Delete the run of a page: other tests look at the newest run of the site."""
    run = page.url.rstrip("/").rpartition("/")[2]
    answer = site.call("DELETE", f"model_run/{run}/")
    assert answer.status_code == 204, answer.text


def test_a_run_is_registered_by_keyboard(new_page: NewPage, site: Site) -> None:
    page = new_page(reduced_motion="reduce", locale="en-US")
    product = _product(site)
    page.goto(ADDRESS)
    page.locator("#id_display_name").focus()
    page.keyboard.type("By keyboard")
    assert _json(page)["display_name"] == "By keyboard"
    _type(page, "id_description", "Typed without a mouse")
    _choose(page, "id_modeller", "registry authors", "The Research Registry authors")
    assert isinstance(_json(page)["modeller"], int)
    _time(page, "id_start_time", "11252022")
    page.keyboard.press("Tab")
    page.keyboard.type("0557AM")
    _time(page, "id_end_time", "11262022")
    page.keyboard.press("Tab")
    page.keyboard.type("0557AM")
    assert _json(page)["end_time"] == "2022-11-26T05:57Z"
    _choose(page, "id_inputs-1-0-dataset", *PRODUCT)
    _type(page, "id_inputs-1-0-r0", "data/in-bed.csv")
    _choose(page, "id_outputs-2-0-dataset", str(product), "own:rates-")
    # the path of the output is forgotten
    _type(page, "id_annotation-0", "3.9")
    _type(page, "id_annotation-1", "by hand")
    page.keyboard.press("Enter")
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(summary.get_by_role("listitem")).to_have_count(1)
    assert violations(page) == []
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    path = page.locator('[id="id_outputs-2-0-r0"]')
    expect(path).to_be_focused()
    expect(path).to_have_accessible_description(re.compile("Required by dataset"))
    # it is still missing, and the summary is where the focus goes once more
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/run/$"))
    expect(summary).to_be_focused()
    path.focus()
    page.keyboard.type("data/rates.json")
    assert _json(page)["outputs"][0]["resources"] == {"rates": "data/rates.json"}
    page.get_by_role("button", name="Check").press("Enter")
    expect(page.get_by_text("No errors: this run can be registered.")).to_be_visible()
    sent = _json(page)
    page.get_by_role("button", name="Register").press("Enter")
    expect(page).to_have_url(re.compile(r"/model_run/\d+/$"))
    answer = site.call("POST", "model_run/", json=sent)
    assert answer.status_code == 200, answer.text
    assert page.url.endswith(answer.json()["url"].partition("/api")[2])
    _remove(site, page)


def test_the_json_is_the_same_with_and_without_scripts(new_page: NewPage) -> None:
    page = new_page(locale="en-US")
    page.goto(f"{ADDRESS}?like=1")
    page.get_by_label("Description").fill(f"{ODD}\n'two'")
    page.get_by_role("button", name="Add another dataset").first.click()
    added = page.locator('[id="id_inputs-1-1-dataset"]')
    expect(added).to_be_focused()
    added.fill("boarding-school in-bed")
    expect(page.locator('[id="id_inputs-1-1-dataset-suggestions"]')).to_contain_text(
        "in-bed"
    )
    page.locator('[id="id_inputs-1-1-components"]').fill(" in_bed \n\nday")
    names = page.get_by_label("Name", exact=True)
    names.last.fill(ODD)
    page.get_by_role("button", name="Add another annotation").click()
    expect(names).to_have_count(2)
    names.last.fill("__proto__")
    page.get_by_label("Text", exact=True).last.fill("it's")
    live, quoted = (
        page.locator(f"#run-{name}").text_content() for name in ("json", "quoted")
    )
    body = json.loads(live or "")
    assert body["annotations"][ODD] == ""
    assert body["annotations"]["__proto__"] == "it's"
    assert body["inputs"][1] == {
        "dataset_template": 1,
        "dataset": "boarding-school in-bed",
        "components": ["in_bed", "day"],
    }
    # the button that scripts hide asks the registry for the same
    expect(page.get_by_role("button", name="Show the JSON")).to_have_count(0)
    page.route("**/*.js", lambda route: route.fulfill(body=""))
    page.evaluate("document.querySelector('[value=show]').hidden = false")
    page.get_by_role("button", name="Show the JSON").click()
    page.wait_for_load_state()
    assert page.locator("#run-json").text_content() == live
    assert page.locator("#run-quoted").text_content() == quoted


def test_the_json_can_be_copied(new_page: NewPage) -> None:
    page = new_page(permissions=["clipboard-read", "clipboard-write"])
    page.goto(f"{ADDRESS}?like=1")
    page.get_by_role("button", name="Copy the JSON").click()
    expect(page.locator("#run-json-status")).to_have_text("Copied.")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert json.loads(copied) == _json(page)


def test_a_run_is_registered_without_scripts(new_page: NewPage, site: Site) -> None:
    page = new_page(java_script_enabled=False)
    page.goto("/model_run/1/")
    page.get_by_role("link", name="Register a run like this").click()
    page.get_by_role("button", name="Add another dataset").first.click()
    expect(page.get_by_text("Dataset 2")).to_be_visible()
    output = page.locator('[id="id_outputs-2-0-dataset"]')
    output.fill(str(_product(site)))
    page.locator('[id="id_outputs-2-0-components"]').fill("")
    page.get_by_label("R0 (required)").fill("")
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_role("alert")).to_contain_text("Required by workflow template")
    page.get_by_label("R0 (required)").fill("7.1")
    page.get_by_role("button", name="Show the JSON").click()
    assert _json(page)["annotations"]["R0"] == "7.1"
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_text("is registered.")).to_be_visible()
    assert site.newest("model_run")["annotations"]["R0"] == "7.1"
    _remove(site, page)
