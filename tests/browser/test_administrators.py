"""Pages for administrators: the audit trail and role requests."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewPage, sign_in
from tests.browser.site import PASSWORD, PERSON, Site
from tests.browser.test_every_page import Act, check_page, look

pytestmark = [pytest.mark.once, pytest.mark.xdist_group("browser")]

NAME = "marie"
ROLE, REASON = "handle-write", "We mint handles for our models. " * 20


@pytest.fixture(scope="module", autouse=True)
def _administrator(site: Site) -> None:
    site.registry.user(NAME, PASSWORD, "--role", "sys-admin-admin")


@pytest.fixture
def page(new_page: NewPage) -> Page:
    """Return a browser in which the administrator is signed in."""
    page = new_page(signed_in=False, reduced_motion="reduce")
    sign_in(page, name=NAME)
    return page


def _ask(page: Page) -> None:
    """Ask for a role, as a person does."""
    page.goto("/account/")
    page.get_by_role("link", name="Request a role").click()
    page.get_by_label("Role (required)").select_option(ROLE)
    page.get_by_label("What you need it for (required)").fill(REASON)
    page.get_by_role("button", name="Request the role").click()
    expect(page.get_by_text("Request sent.")).to_be_visible()


def _refuse_without_reason(page: Page) -> None:
    page.get_by_role("button", name="Refuse").first.click()
    expect(page.get_by_text("Say why: a refusal needs a reason.")).to_be_visible()


def test_a_link_lets_a_person_choose_a_password(
    new_page: NewPage, page: Page, site: Site
) -> None:
    site.registry.user("irene", PASSWORD)
    page.goto("/admin/registry/user/?q=irene")
    page.get_by_role("link", name="irene", exact=True).click()
    page.get_by_role("button", name="Make a password link").click()
    link = page.get_by_label("Link", exact=True).input_value()
    theirs = new_page(signed_in=False, reduced_motion="reduce")
    theirs.goto(link)
    expect(theirs).to_have_url(f"{site.url}/account/reset/")
    theirs.get_by_role("button", name="Set the password").click()
    expect(theirs.locator(".field-error").first).to_be_visible()
    check_page(theirs)
    for label in ("New password (required)", "New password confirmation (required)"):
        theirs.get_by_label(label).fill(f"another {PASSWORD}")
    theirs.get_by_role("button", name="Set the password").click()
    expect(theirs.get_by_text("irene has a new password.")).to_be_visible()
    check_page(theirs)


def _unfold(page: Page) -> None:
    page.locator("main .filters summary").click()


def _open_record(page: Page) -> None:
    """Open the record of an event."""
    page.get_by_text("The record before this").first.click()
    expect(page.get_by_text("abcdefghij" * 20).first).to_be_visible()


def test_a_role_can_be_requested_and_granted(new_page: NewPage, page: Page) -> None:
    theirs = new_page()
    _ask(theirs)
    expect(theirs.get_by_text("waiting", exact=True)).to_be_visible()
    page.goto("/role-requests/")
    page.get_by_label(f"Answer to {PERSON}").fill("Mint well.")
    page.get_by_role("button", name="Grant").click()
    expect(page.get_by_text(f"{ROLE} for {PERSON}: granted.")).to_be_visible()
    theirs.reload()
    expect(theirs.get_by_text("Mint well.")).to_be_visible()
    meaning = "In Provena: make handles, and change one's own."
    expect(theirs.get_by_text(meaning)).to_be_visible()
    page.goto(f"/event/?who={PERSON}")
    expect(page.get_by_text(f"Role granted: {ROLE}")).to_be_visible()


@pytest.mark.parametrize(
    "address, act",
    [
        ("/event/", None),
        ("/event/", _unfold),
        ("/event/?since=yesterday", None),
        ("/event/?kind=object&action=updated", _open_record),
        ("/role-requests/", None),
        ("/role-requests/", _refuse_without_reason),
        ("/account/", None),
    ],
)
def test_pages_for_administrators_are_accessible_and_small(
    address: str, act: Act | None, new_page: NewPage, page: Page, site: Site
) -> None:
    if "role-requests" in address:
        # somebody waits, whatever the order of the tests
        site.call("POST", "role_request/", json={"role": "handle-read", "reason": "x"})
    if act is _open_record:
        pk = site.register("object", description="abcdefghij" * 99)
        site.call("PATCH", f"object/{pk}/", json={"description": "shorter"})
    look(page, site, (address, act))
    check_page(page)
