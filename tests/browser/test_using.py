"""The site in a browser: signing in, tokens, registering, filters, issues."""

from __future__ import annotations

import re
import uuid

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewPage, sign_in
from tests.browser.site import LONG, PERSON, Site

pytestmark = [pytest.mark.once, pytest.mark.xdist_group("browser")]


def _menu(page: Page) -> None:
    page.locator("header details.menu summary").click()


def _choose(page: Page, label: str, text: str, wanted: str) -> None:
    """Choose a suggestion of a field with the keyboard."""
    field = page.get_by_role("combobox", name=label)
    field.focus()
    page.keyboard.type(text)
    listed = page.locator(f"#{field.get_attribute('aria-controls')}")
    expect(listed).to_have_attribute("aria-busy", "false")
    options = listed.locator("[role=option]")
    expect(options.filter(has_text=wanted).first).to_be_visible()
    expect(field).to_have_attribute("aria-expanded", "true")
    for _ in range(options.count()):
        page.keyboard.press("ArrowDown")
        chosen = options.and_(page.locator("[aria-selected=true]"))
        expect(field).to_have_attribute(
            "aria-activedescendant", str(chosen.get_attribute("id"))
        )
        if wanted in str(chosen.text_content()):
            break
    page.keyboard.press("Enter")
    expect(field).to_have_attribute("aria-expanded", "false")
    expect(field).to_have_value(re.compile(r"^\d+ ?$"))
    # a number tells people nothing: the name stands below it
    expect(page.locator(f"#{field.get_attribute('id')} ~ .chosen")).to_contain_text(
        wanted
    )


def _register(page: Page, kind: str) -> int:
    """Send the form; return the id of the new record."""
    page.locator(".record-form button").click()
    page.wait_for_url(re.compile(rf"/{kind}/\d+/$"))
    expect(page.get_by_role("status").first).to_contain_text("is registered.")
    return int(page.url.rstrip("/").rpartition("/")[2])


def _unique(text: str) -> str:
    return f"{text}-{uuid.uuid4().hex[:8]}"


def test_signing_in_returns_to_the_page(new_page: NewPage) -> None:
    page = new_page(signed_in=False)
    page.goto("/keyword/?keyphrase=influenza")
    _menu(page)
    page.get_by_role("link", name="Sign in").click()
    sign_in(page, address=page.url)
    expect(page).to_have_url(re.compile(r"/keyword/\?keyphrase=influenza$"))
    summary = page.locator("header summary")
    expect(summary).to_have_text(PERSON)
    _menu(page)
    page.get_by_role("button", name="Sign out").click()
    expect(summary).to_have_text("Links")


def test_a_form_requires_signing_in_and_returns_to_the_form(new_page: NewPage) -> None:
    page = new_page(signed_in=False)
    page.goto("/namespace/")
    page.get_by_role("link", name="New namespace").click()
    sign_in(page, address=page.url)
    expect(page.get_by_role("heading", level=1)).to_have_text("New namespace")


def test_a_token_can_be_copied_once_and_used(new_page: NewPage, site: Site) -> None:
    page = new_page(permissions=["clipboard-read", "clipboard-write"])
    page.goto("/")
    _menu(page)
    page.get_by_role("button", name="Generate API token").click()
    field = page.get_by_label("Token", exact=True)
    key = field.input_value()
    page.get_by_role("button", name="Copy").click()
    expect(page.locator("#key-status")).to_have_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()") == key
    page.goto("/get-token")
    expect(page.get_by_text("It cannot be shown again")).to_be_visible()
    assert key not in page.content()
    name = _unique("by-token")
    headers = {"Authorization": f"token {key}"}
    address = f"{site.url}/api/namespace/"
    answer = requests.post(address, {"name": name}, headers=headers, timeout=30)
    assert answer.status_code == 201
    _menu(page)
    page.get_by_role("button", name="Revoke API token").click()
    expect(page.get_by_text("Your API token was revoked.")).to_be_visible()
    again = requests.post(address, {"name": name}, headers=headers, timeout=30)
    assert again.status_code == 401


def test_a_data_product_can_be_registered_with_its_file(
    new_page: NewPage, site: Site
) -> None:
    content = f"day,in_bed\n1,{uuid.uuid4().int}\n".encode()
    sha1 = site.upload(content)
    group, words = _unique("group"), _unique("words")
    page = new_page()

    page.goto("/namespace/new/")
    page.get_by_label("Name (required)").fill(group)
    page.get_by_label("Full name").fill("A group's name")
    _register(page, "namespace")

    page.goto("/storage_location/new/")
    page.get_by_label("Path").fill(sha1)
    page.get_by_label("Hash").fill(sha1)
    _choose(page, "Storage root", "/data/", f"{site.url}/data/")
    location = _register(page, "storage_location")

    page.get_by_role("link", name="object", exact=True).click()
    place = page.get_by_role("combobox", name="Storage location")
    expect(place).to_have_value(str(location))
    page.get_by_label("Description").fill(f"Boys in bed: {words}")
    _choose(page, "File type", "comma", "Comma-separated values")
    _choose(page, "Authors", "author no. 1", "Author No. 1")
    page.get_by_role("combobox", name="Authors").press("End")
    _register(page, "object")

    page.goto("/data_product/new/")
    _choose(page, "Namespace", group, group)
    page.get_by_label("Name (required)").fill("boys/in-bed")
    page.get_by_label("Version").fill("1.0.0")
    _choose(page, "Object", words, words)
    shown = page.locator("#form-json")
    expect(shown).to_contain_text('"name": "boys/in-bed"')
    product = _register(page, "data_product")

    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text("boys/in-bed 1.0.0")
    expect(page.locator("#citation")).to_contain_text("Author No. 1 (")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.path().read_bytes() == content
    assert download.value.suggested_filename == "boys_in-bed.csv"
    registered = site.newest("data_product")
    assert registered["url"].endswith(f"/{product}/")
    assert registered["version"] == "1.0.0"


def test_a_refused_form_keeps_its_values_and_shows_errors(new_page: NewPage) -> None:
    page = new_page()
    page.goto("/data_product/new/")
    page.get_by_label("Name (required)").fill("a*b")
    page.get_by_label("Version").fill("first")
    page.locator(".record-form button").click()
    name = page.get_by_label("Name (required)")
    expect(name).to_have_value("a*b")
    expect(name).to_have_attribute("aria-invalid", "true")
    expect(name).to_have_accessible_description(re.compile("Names may not contain"))
    expect(page.get_by_label("Version")).to_have_accessible_description(
        re.compile("Enter a semantic version")
    )


def test_the_api_request_follows_the_form(new_page: NewPage) -> None:
    page = new_page()
    page.goto("/issue/new/")
    page.get_by_label("Description").fill("it's wrong")
    page.get_by_label("Severity").fill("7")
    page.get_by_role("combobox", name="Component").fill("1 2")
    shown = page.locator("#form-json")
    expect(shown).to_contain_text('"severity": 7')
    expect(shown).to_contain_text("it'\\''s wrong")
    expect(shown).to_contain_text(re.compile(r'"component_issues": \[\s*"1",\s*"2"'))


def test_several_links_can_be_selected(new_page: NewPage) -> None:
    page = new_page()
    page.goto("/code_run/new/")
    field = page.get_by_role("combobox", name="Inputs")
    for number in (1, 2):
        field.focus()
        field.press("End")
        page.keyboard.type(f"table-{number}")
        # those of the words before have gone
        expect(page.get_by_role("option").first).to_contain_text(f"table-{number}")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
    expect(field).to_have_value(re.compile(r"^\d+ \d+ $"))
    expect(page.locator("#id_inputs ~ .chosen")).to_contain_text(
        re.compile(r"table-1.* · .*table-2")
    )


def test_escape_and_leaving_close_suggestions(new_page: NewPage) -> None:
    page = new_page()
    page.goto("/data_product/new/")
    field = page.get_by_role("combobox", name="Namespace")
    options = page.get_by_role("option")
    field.focus()
    expect(options.first).to_be_visible()
    field.press("Escape")
    expect(options).to_have_count(0)
    field.press("ArrowDown")
    expect(options.first).to_be_visible()
    field.press("Tab")
    expect(page.locator("#id_namespace-suggestions")).to_be_hidden()
    field.fill("BOARDING")
    options.filter(has_text="boarding-school").click()
    expect(field).to_have_value(re.compile(r"^\d+$"))


def test_a_list_can_be_filtered_by_name_and_link(new_page: NewPage) -> None:
    page = new_page()
    page.goto("/data_product/")
    page.get_by_text("Filter", exact=True).first.click()
    page.get_by_label("Name", exact=True).fill("influenza/*")
    _choose(page, "Namespace", "boarding", "boarding-school")
    page.get_by_role("button", name="Filter").click()
    # what was left empty is not in the address
    expect(page).to_have_url(
        re.compile(r"/data_product/\?namespace=\d+&name=influenza%2F\*$")
    )
    expect(page.locator("tbody tr")).to_have_count(4)
    expect(page.get_by_text("4 data products match the filter")).to_be_visible()
    page.get_by_role("link", name="Version").click()
    expect(page.locator("thead [aria-sort=ascending]")).to_have_text(re.compile("Vers"))
    expect(page.locator("tbody tr")).to_have_count(4)
    page.get_by_role("link", name="Clear").click()
    expect(page.locator("tbody").get_by_text(LONG)).to_be_visible()


def test_a_list_has_next_and_previous_pages(new_page: NewPage) -> None:
    page = new_page(signed_in=False)
    page.goto("/namespace/?name=g*")
    first = page.locator("tbody a").first
    newest = first.text_content()
    page.get_by_role("link", name="Next page").click()
    expect(first).not_to_have_text(str(newest))
    page.get_by_role("link", name="Newer page").click()
    expect(first).to_have_text(str(newest))


def test_a_run_is_compared_with_one_that_is_suggested(new_page: NewPage) -> None:
    page = new_page(signed_in=False)
    page.goto("/code_run/1/")
    page.get_by_role("link", name="Compare with another run").click()
    field = page.get_by_role("combobox", name="Code runs")
    expect(field).to_have_value("1 ")
    field.press("End")
    page.keyboard.type("simulation")
    page.get_by_role("option").first.click()
    expect(field).to_have_value(re.compile(r"^1 \d+ $"))
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("region", name="Outputs", exact=True)).to_be_visible()
    expect(page.locator(".compared-runs li")).to_have_count(2)


def test_an_issue_can_be_raised_in_two_clicks(new_page: NewPage, site: Site) -> None:
    words = _unique("row 12 is missing")
    page = new_page()
    page.goto("/data_product/2/")
    page.get_by_role("link", name="Raise an issue").click()
    page.get_by_label("Description").fill(words)
    page.get_by_role("button", name="Raise the issue").click()
    expect(page.get_by_role("status").first).to_contain_text("is raised.")
    page.goto("/data_product/2/")
    issues = page.get_by_role("region", name="Quality issues")
    expect(issues).to_contain_text(words)
    assert site.newest("issue")["description"] == words


def test_bibtex_can_be_copied(new_page: NewPage) -> None:
    page = new_page(permissions=["clipboard-read", "clipboard-write"])
    page.goto("/data_product/2/")
    cite = page.get_by_role("region", name="Cite this")
    cite.get_by_text("BibTeX").click()
    for button, begins in ((1, "@misc{influenza-fitted-rates-1-0-0"), (0, "The ")):
        cite.get_by_role("button", name="Copy").nth(button).click()
        expect(cite.get_by_role("status").nth(button)).to_have_text("Copied.")
        copied = str(page.evaluate("navigator.clipboard.readText()"))
        assert copied.startswith(begins)


def test_a_tab_of_a_guide_changes_all_examples(new_page: NewPage) -> None:
    page = new_page(signed_in=False)
    page.goto("/docs/api/")
    python = page.get_by_role("button", name="Python")
    curl = page.get_by_role("button", name="curl")
    assert python.count() == curl.count() > 1
    curl.last.click()
    for number in range(curl.count()):
        expect(curl.nth(number)).to_have_attribute("aria-pressed", "true")
        expect(python.nth(number)).to_have_attribute("aria-pressed", "false")
    python.first.click()
    expect(curl.last).to_have_attribute("aria-pressed", "false")


def test_a_search_finds_records(new_page: NewPage) -> None:
    page = new_page(signed_in=False)
    page.goto("/")
    page.get_by_role("searchbox").fill("FITTED rates")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="influenza/fitted-rates 1.0.0").click()
    expect(page).to_have_url(re.compile(r"/data_product/2/$"))


# The browsable API


def test_the_browsable_api_posts_json(new_page: NewPage, site: Site) -> None:
    name = _unique("posted")
    page = new_page()
    page.goto("/api/namespace/")
    page.get_by_label("JSON").fill(f'{{"name": "{name}", "full_name": "A group"}}')
    page.get_by_role("button", name="POST").first.click()
    expect(page.locator(".exchange")).to_contain_text("HTTP 201")
    expect(page.locator(".exchange")).to_contain_text(name)
    assert site.newest("namespace")["name"] == name


def test_the_browsable_api_shows_errors(new_page: NewPage) -> None:
    page = new_page(refused=400)
    page.goto("/api/namespace/")
    page.get_by_label("JSON").fill('{"name": "a*b"}')
    page.get_by_role("button", name="POST").first.click()
    expect(page.locator(".exchange")).to_contain_text("HTTP 400")
    expect(page.locator(".exchange")).to_contain_text("Names may not contain")


def test_the_browsable_api_shows_options(new_page: NewPage) -> None:
    page = new_page(signed_in=False)
    page.goto("/api/namespace/")
    page.get_by_role("button", name="OPTIONS").click()
    expect(page.locator(".exchange")).to_contain_text("OPTIONS /api/namespace/")
    expect(page.locator(".exchange")).to_contain_text('"filter_fields"')
