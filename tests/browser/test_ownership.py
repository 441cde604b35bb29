"""Closed namespaces, their members, and withdrawn data products, as people see them."""

from __future__ import annotations

import re
import uuid

import pytest
import requests
from playwright.sync_api import Page, Response, expect

from tests.browser.conftest import NewPage, sign_in
from tests.browser.site import PASSWORD, PERSON, Site
from tests.browser.test_every_page import check_page

pytestmark = [pytest.mark.once, pytest.mark.xdist_group("browser")]

#: Somebody without roles who owns none of this.
STRANGER = "otto"
REASON = "The sensor was broken from the second day on."


@pytest.fixture(scope="module", autouse=True)
def _stranger(site: Site) -> None:
    site.registry.user(STRANGER, PASSWORD)


@pytest.fixture
def theirs(new_page: NewPage) -> Page:
    """Return a browser in which the stranger is signed in."""
    page = new_page(signed_in=False, reduced_motion="reduce")
    sign_in(page, name=STRANGER)
    return page


def _press(page: Page, name: str) -> None:
    """Press a button with the keyboard."""
    button = page.get_by_role("button", name=name, exact=True)
    button.focus()
    page.keyboard.press("Enter")


def _send(page: Page) -> Response:
    """Send the form of a record; return the answer."""
    form = re.compile(r"/new/")
    with page.expect_response(
        lambda one: one.request.method == "POST" and bool(form.search(one.url))
    ) as answer:
        _press(page, "Register")
    return answer.value


def _expect_said(page: Page, text: str) -> None:
    expect(page.get_by_role("status").first).to_contain_text(text)


def test_a_member_closes_a_namespace_and_adds_somebody(
    new_page: NewPage, theirs: Page, site: Site
) -> None:
    name = f"closed-{uuid.uuid4().hex[:8]}"
    namespace = site.of(PERSON).register("namespace", name=name)
    thing = site.of(STRANGER).register("object", description="Their own")
    page = new_page(reduced_motion="reduce")
    page.goto(f"/namespace/{namespace}/")
    _press(page, "Close this namespace")
    _expect_said(page, "The namespace is closed")

    theirs.goto(f"/namespace/{namespace}/")
    whose = theirs.get_by_role("region", name="Whose it is")
    expect(whose).to_contain_text("Closed: only members register data products here.")
    expect(whose).to_contain_text(
        f"ask {PERSON} or another member to add your user name, {STRANGER}"
    )
    expect(whose.get_by_role("button")).to_have_count(0)

    theirs.goto("/data_product/new/")
    kept = {"Name (required)": "boys/in-bed", "Version": "1.0.0"}
    for label, value in kept.items():
        theirs.get_by_label(label).fill(value)
    theirs.get_by_role("combobox", name="Namespace").fill(str(namespace))
    theirs.get_by_role("combobox", name="Object").fill(str(thing))
    assert _send(theirs).status == 403
    refusal = theirs.locator("main [role=alert]")
    expect(refusal).to_contain_text(f"The namespace {name} is closed")
    expect(refusal).to_contain_text(f"Ask one of them: {PERSON}.")
    for label, value in kept.items():
        expect(theirs.get_by_label(label)).to_have_value(value)
    check_page(theirs)

    page.get_by_label("Name a member").fill(STRANGER)
    page.keyboard.press("Enter")
    _expect_said(page, f"{STRANGER} looks after this record now.")
    remove = page.get_by_role("button", name=f"Remove {STRANGER}")
    expect(remove).to_be_visible()
    check_page(page)

    assert _send(theirs).status == 302
    theirs.wait_for_url(re.compile(r"/data_product/\d+/$"))
    expect(theirs.get_by_role("heading", level=1)).to_have_text("boys/in-bed 1.0.0")


def test_an_unknown_member_is_refused(new_page: NewPage, site: Site) -> None:
    page = new_page()
    page.goto(f"/namespace/{site.ids['own_namespace']}/")
    page.get_by_label("Name a member").fill("nobody-at-all")
    _press(page, "Name them")
    _expect_said(page, "There is no account 'nobody-at-all'")


def test_a_data_product_is_withdrawn_and_put_back(
    new_page: NewPage, theirs: Page, site: Site
) -> None:
    name = f"in-bed-{uuid.uuid4().hex[:8]}"
    content = f"day,in_bed\n1,{uuid.uuid4().int}\n".encode()
    owner = site.of(PERSON)
    product = owner.product(site.ids["own_namespace"], name, content)
    address = f"{site.url}/data_product/own:{name}@1.0.0"
    assert requests.get(address, timeout=30).content == content
    page = new_page()
    page.goto(f"/data_product/{product}/")
    download = page.get_by_role("link", name="Download")
    expect(download).to_be_visible()
    page.get_by_role("link", name="Withdraw this data product").focus()
    page.keyboard.press("Enter")

    why = page.get_by_label("Why it is withdrawn (required)")
    _press(page, "Withdraw")
    expect(why).to_have_attribute("aria-invalid", "true")
    expect(why).to_have_accessible_description(re.compile("required.*|.*required"))
    why.focus()
    page.keyboard.type(REASON)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    _expect_said(page, "The record is withdrawn.")
    for seen in (page, theirs):
        seen.goto(f"/data_product/{product}/")
        expect(seen.locator("main .problem")).to_have_text(f"Withdrawn. {REASON}")
        expect(seen.get_by_role("link", name="Download")).to_have_count(0)
        expect(seen.get_by_role("region", name="File")).to_contain_text(
            "It was withdrawn, so it cannot be downloaded."
        )
    expect(theirs.get_by_role("button", name=re.compile("Put this"))).to_have_count(0)
    gone = requests.get(address, timeout=30)
    assert gone.status_code == 410
    assert REASON in gone.text
    answer = theirs.goto(address)
    assert answer is not None
    assert answer.status == 410
    expect(theirs.locator("main")).to_contain_text(REASON)

    _press(page, "Put this data product back")
    _expect_said(page, "The record is put back.")
    expect(page.locator("main .problem")).to_have_count(0)
    expect(download).to_be_visible()
    assert requests.get(address, timeout=30).content == content


def test_others_are_told_whose_a_record_is(theirs: Page, site: Site) -> None:
    answer = theirs.goto(f"/object/{site.ids['own_object']}/withdraw/")
    assert answer is not None
    assert answer.status == 403
    expect(theirs.locator("main")).to_contain_text(f"It belongs to {PERSON}.")
    check_page(theirs)
