"""Every type of page is accessible and small, has no errors, and fits the screen."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from playwright.sync_api import FilePayload, Page, Response, ViewportSize

from registry.core.record_types import record_kinds
from registry.web.guides import GUIDES
from tests.browser.axe import violations
from tests.browser.conftest import NewPage
from tests.browser.site import Site

pytestmark = [pytest.mark.once, pytest.mark.xdist_group("browser")]

#: A computer and a telephone, in pixels.
WIDE: ViewportSize = {"width": 1280, "height": 900}
NARROW: ViewportSize = {"width": 390, "height": 844}
#: Bytes that a page may take with all it needs, as they come over the wire, in a
#: browser that has not been here before.
MOST = 100_000


def _open_menu(page: Page) -> None:
    page.locator("header details.menu summary").click()


def _make_token(page: Page) -> None:
    page.locator("main button").first.click()
    page.locator("#key").wait_for()


def _send_empty_form(page: Page) -> None:
    page.locator(".record-form button").click()
    page.locator(".field-error").first.wait_for()


def _send_empty_run(page: Page) -> None:
    page.get_by_role("button", name="Check").click()
    page.locator(".error-summary:focus").wait_for()


def _add_dataset(page: Page) -> None:
    page.get_by_role("button", name="Add another dataset").first.click()
    page.get_by_text("API request", exact=True).first.click()


def _ask_for_nothing(page: Page) -> None:
    page.get_by_role("button", name="Request the role").click()
    page.locator(".field-error").first.wait_for()


def _send_no_crate(page: Page) -> None:
    file: FilePayload = {
        "name": "crate.zip",
        "mimeType": "application/zip",
        "buffer": b"no zip",
    }
    page.get_by_label("Crate (required)").set_input_files(file)
    page.locator(".record-form button").click()
    page.locator("#problems").wait_for()


def _register_again(page: Page) -> None:
    page.get_by_label("Name (required)").fill("g01")
    page.locator(".record-form button").click()
    page.get_by_role("link", name="open the existing record").wait_for()


def _revoke_token(page: Page) -> None:
    page.get_by_role("button", name="Replace the token").or_(
        page.get_by_role("button", name="Generate a token")
    ).click()
    _open_menu(page)
    page.get_by_role("button", name="Revoke API token").click()
    page.get_by_text("Your API token was revoked.").wait_for()


def _codes(page: Page) -> dict[str, str]:
    """Return the response to a device that requests a code."""
    asked = {"client_id": "client-tools", "scope": "offline_access"}
    answer = requests.post(_at(page, "/o/device-authorization"), asked, timeout=30)
    return dict(answer.json())


def _at(page: Page, path: str) -> str:
    return f"{urlsplit(page.url).scheme}://{urlsplit(page.url).netloc}{path}"


def _confirm_device(page: Page) -> None:
    page.goto(_codes(page)["verification_uri_complete"])
    page.get_by_role("heading", name="Authorise Provena client?").wait_for()


def _let_device_in(page: Page) -> None:
    codes = _codes(page)
    page.goto(codes["verification_uri_complete"])
    page.get_by_role("button", name="Allow").click()
    page.get_by_role("heading", name="Go back to the device").wait_for()
    redeemed = {
        "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
        "client_id": "client-tools",
        "device_code": codes["device_code"],
    }
    answer = requests.post(_at(page, "/o/token"), redeemed, timeout=30)
    assert answer.status_code == 200


def _see_programs(page: Page) -> None:
    _let_device_in(page)
    page.goto("/account/")
    page.get_by_role("button", name="Revoke Provena client").first.wait_for()


def _suggest(page: Page) -> None:
    page.locator("#id_namespace").focus()
    page.locator("#id_namespace-suggestions li").first.wait_for()


def _mistype_password(page: Page) -> None:
    page.get_by_label("User name").fill("nobody")
    page.get_by_label("Password").fill("nothing")
    page.locator("main").get_by_role("button", name="Sign in").click()
    page.locator("[role=alert]").wait_for()


def _unfold(page: Page) -> None:
    for summary in page.locator("main details > summary").all():
        summary.click()


def _tick(page: Page) -> None:
    for box in page.locator("tbody input[type=checkbox]").all():
        box.check()


def _change_nothing(page: Page) -> None:
    page.get_by_role("button", name="Change the password").click()
    page.locator(".field-error").first.wait_for()


Act = Callable[[Page], None]

#: Where a program sends people to be asked.
CONSENT = (
    "/o/authorize?client_id=notebook&response_type=code&scope=openid+write"
    f"&redirect_uri=https://notebook.example.org/back&code_challenge={'c' * 43}"
    "&code_challenge_method=S256&state=s"
)

#: What lies over the rest of the page, where that cannot be reached as long.
OVER = {"menu": "header details.menu"}

#: Every kind of page, and what is done with it before it is looked at.
PAGES: dict[str, tuple[str, Act | None]] = {
    "home": ("/", None),
    "menu": ("/", _open_menu),
    "list": ("/data_product/", None),
    "list with filters": ("/data_product/", _unfold),
    "list, filtered": ("/namespace/?name=g*&ordering=name", None),
    "list, nothing found": ("/data_product/?name=nothing", None),
    "list, nonsense": ("/issue/?severity=bad", None),
    "data product": ("/data_product/{data_product}/", _unfold),
    "data product of the example": ("/data_product/2/", None),
    "lineage, all of it": ("/data_product/3/?direction=both&depth=all", None),
    "lineage, nonsense": ("/data_product/3/?depth=none", None),
    "code run": ("/code_run/{code_run}/", None),
    "code runs, to choose": ("/code_run/", _tick),
    "comparison": ("/code_run/compare/?id=1&id=2&id={code_run}", _unfold),
    "comparison, form": ("/code_run/compare/?id={code_run}", None),
    "comparison, refused": ("/code_run/compare/?id=1&id=987654", None),
    "code run of a model": ("/code_run/{run_of_model}/", None),
    "model run": ("/model_run/{model_run}/", None),
    "dataset template": ("/dataset_template/{dataset_template}/", None),
    "workflow template": ("/workflow_template/{workflow_template}/", None),
    "runs of a template": ("/workflow_template/{workflow_template}/runs/", _unfold),
    "runs, sorted and plotted": (
        "/workflow_template/{workflow_template}/runs/?ordering=-annotation.score"
        "&x=annotation.RCP&y=annotation.score",
        None,
    ),
    "runs, refused": (
        "/workflow_template/{workflow_template}/runs/?annotation.RCP__gte=x&x=a",
        None,
    ),
    "next version": ("/workflow_template/new/?replaces={workflow_template}", None),
    "model": ("/model/{model}/", None),
    "study": ("/study/{study}/", None),
    "organisation": ("/organisation/{organisation}/", None),
    "object": ("/object/{object}/", None),
    "component": ("/object_component/{object_component}/", None),
    "external object": ("/external_object/{external_object}/", None),
    "form": ("/external_object/new/", None),
    "form, suggesting": ("/data_product/new/", _suggest),
    "form, refused": ("/code_run/new/", _send_empty_form),
    "form of a run": ("/workflow_template/1/run/", None),
    "form of a run, as before": ("/workflow_template/1/run/?like=1", _add_dataset),
    "form of a run, refused": ("/workflow_template/1/run/", _send_empty_run),
    "form, sent again": ("/namespace/new/", _register_again),
    "issue, being raised": ("/object_component/{object_component}/raise-issue/", None),
    "search": ("/search/", None),
    "search, found": ("/search/?q=influenza", None),
    "search, nothing found": ("/search/?q=xyzzy", None),
    "guide": ("/docs/running/", None),
    "guide with tabs": ("/docs/api/", None),
    "account": ("/account/", None),
    "password, being changed": ("/account/password/", None),
    "password, refused": ("/account/password/", _change_nothing),
    "role, being requested": ("/account/request-role/", None),
    "role, refused": ("/account/request-role/", _ask_for_nothing),
    "crates": ("/crates/", None),
    "crates, refused": ("/crates/", _send_no_crate),
    "token": ("/get-token", None),
    "token, shown": ("/get-token", _make_token),
    "message": ("/account/", _revoke_token),
    "device": ("/device", None),
    "device, wrong code": ("/device?user_code=BBBB-BBBB", None),
    "device, confirm": ("/device", _confirm_device),
    "device, let in": ("/device", _let_device_in),
    "account, programs": ("/account/", _see_programs),
    "consent": (CONSENT, None),
    "consent, refused": ("/o/authorize?client_id=nobody", None),
    "record, own": ("/object/{own_object}/", None),
    "namespace, own": ("/namespace/{own_namespace}/", None),
    "namespace, closed": ("/namespace/{closed_namespace}/", None),
    "withdrawing": ("/object/{own_object}/withdraw/", None),
    "withdrawing, refused": ("/object/{own_object}/withdraw/", _send_empty_form),
    "withdrawing, not one's own": ("/object/{object}/withdraw/", None),
    "withdrawn": ("/data_product/{withdrawn_product}/", None),
    "withdrawn, its file": ("/data_product/own:withdrawn@1.0.0", None),
    "not found": ("/object/987654/", None),
    "API root": ("/api/", None),
    "API list": ("/api/data_product/", _unfold),
    "API record": ("/api/data_product/1/", _unfold),
    "vocabulary": ("/vocab/", None),
    "PROV report": ("/api/prov-report/4/", None),
}
#: Pages of who is not signed in.
STRANGERS: dict[str, tuple[str, Act | None]] = {
    "home": ("/", None),
    "menu": ("/", _open_menu),
    "data product": ("/data_product/1/", None),
    "record": ("/object/{own_object}/", None),
    "namespace, closed": ("/namespace/{closed_namespace}/", None),
    "withdrawn": ("/data_product/{withdrawn_product}/", None),
    "sign in": ("/sign-in?next=/account/", None),
    "forgotten password": ("/account/forgotten/", None),
    "sign in, refused": ("/sign-in", _mistype_password),
    "API record": ("/api/data_product/1/", None),
}


def look(page: Page, site: Site, what: tuple[str, Act | None]) -> None:
    """Open a page, which must be small, and perform its steps."""
    address, act = what
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108
    page.goto(address.format(**site.ids), wait_until="networkidle")
    sizes = {one.url: one.request.sizes()["responseBodySize"] for one in answers}
    assert sum(sizes.values()) < MOST, sizes
    if act is not None:
        act(page)


def check_page(page: Page, part: str = "html") -> None:
    """Check the page in both colour schemes and on both screens."""
    for size in (WIDE, NARROW):
        page.set_viewport_size(size)
        # there the bar below a list is in its place, and covers no row
        page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            found = violations(page, part)
            assert not found, f"{size['width']}, {scheme}:\n" + "\n".join(found)
        _fits(page, size["width"])


def _fits(page: Page, width: int) -> None:
    needed = page.evaluate("document.documentElement.scrollWidth")
    assert needed <= width, f"needs {needed} of {width} pixels: {_widest(page)}"


def _widest(page: Page) -> Any:
    """Return the elements that are wider than the page."""
    return page.evaluate("""() => [...document.querySelectorAll("main *, header *")]
      .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
      .slice(0, 5).map((one) => one.outerHTML.slice(0, 150))""")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_and_small(
    name: str, new_page: NewPage, site: Site
) -> None:
    page = new_page(viewport=WIDE, reduced_motion="reduce")
    look(page, site, PAGES[name])
    check_page(page, OVER.get(name, "html"))


@pytest.mark.parametrize("name", STRANGERS)
def test_a_page_is_accessible_and_small_for_anonymous_users(
    name: str, new_page: NewPage, site: Site
) -> None:
    page = new_page(signed_in=False, viewport=WIDE, reduced_motion="reduce")
    look(page, site, STRANGERS[name])
    check_page(page, OVER.get(name, "html"))


#: All other pages look like one of those: each on a telephone at least.
OTHERS = [
    *(f"/{kind}/" for kind in record_kinds()),
    *(f"/{kind}/{{{kind}}}/" for kind in record_kinds()),
    *(f"/{kind}/new/" for kind in record_kinds()),
    *(f"/docs/{name}/" for name in GUIDES),
    "/issues/",
]


def test_all_other_pages_fit_the_screen(new_page: NewPage, site: Site) -> None:
    page = new_page(viewport=NARROW, reduced_motion="reduce")
    for address in OTHERS:
        page.goto(address.format(**site.ids))
        _fits(page, NARROW["width"])


def test_the_page_inside_a_crate(new_page: NewPage, site: Site) -> None:
    address = f"{site.url}/api/ro-crate/data-product/4/"
    query = {"format": "zip", "depth": "all"}
    crate = requests.get(address, params=query, timeout=30).content
    with zipfile.ZipFile(io.BytesIO(crate)) as archive:
        preview = archive.read("ro-crate-preview.html").decode()
    page = new_page(viewport=WIDE, reduced_motion="reduce")
    page.set_content(preview)
    check_page(page)
