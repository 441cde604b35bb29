"""Registering runs from a sheet in a browser: download, fill in, drop, correct."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import violations
from tests.browser.conftest import NewPage
from tests.browser.site import Site

pytestmark = [pytest.mark.once, pytest.mark.xdist_group("browser")]

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: Drops a file, as a browser does it with one from the desktop.
_DROP = """([area, [name, type, content]]) => {
  const bytes = Uint8Array.from(atob(content), (one) => one.charCodeAt(0));
  const data = new DataTransfer();
  data.items.add(new File([bytes], name, { type }));
  for (const kind of ["dragenter", "dragover", "drop"]) {
    area.dispatchEvent(new DragEvent(kind, {
      dataTransfer: data, bubbles: true, cancelable: true,
    }));
  }
}"""


@pytest.fixture(scope="session")
def template(site: Site) -> int:
    """Register a template of runs that read nothing and say one thing."""
    model = site.register("model", name="Reefs in a browser")
    site.ids["modeller"] = site.register("author", name="Ada of the reef")
    return site.register(
        "workflow_template",
        name="Coral cover",
        description="Cover by year",
        model=model,
        required_annotations=["RCP"],
    )


def _filled(content: bytes, rows: list[dict[str, Any]]) -> bytes:
    """Fill in a workbook that was downloaded, in place of the example."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    sheet = book["Model runs"]
    for number, row in enumerate(rows, 2):
        for column, cell in enumerate(sheet[1], 1):
            sheet.cell(number, column).value = row.get(str(cell.value))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _row(site: Site, name: str, **more: Any) -> dict[str, Any]:
    return {
        "description": name,
        "modeller": f"{site.ids['modeller']} – Ada of the reef",
        "start time": "2026-01-02 03:04",
        "end time": "2026-01-02 05:06",
        "annotation: RCP": "45",
        **more,
    }


def _download(page: Page, tmp_path: Path) -> bytes:
    with page.expect_download() as found:
        page.get_by_role("link", name="Download XLSX").click()
    path = tmp_path / found.value.suggested_filename
    assert path.suffix == ".xlsx"
    found.value.save_as(path)
    return path.read_bytes()


def _drop(page: Page, content: bytes) -> None:
    area = page.locator(".drop-area").element_handle()
    file = ["runs.xlsx", _XLSX, base64.b64encode(content).decode()]
    page.evaluate(_DROP, [area, file])
    expect(page.locator("#upload-status")).to_contain_text("runs.xlsx is chosen")


def _press(page: Page, name: str) -> Any:
    """Press a button of the form by keyboard; return the heading of the answer."""
    page.get_by_role("button", name=name, exact=True).focus()
    page.keyboard.press("Enter")
    return page.locator("#result-heading")


def test_a_sheet_is_downloaded_filled_in_dropped_corrected_and_registered(
    new_page: NewPage, site: Site, template: int, tmp_path: Path
) -> None:
    page = new_page(refused=400)
    page.goto(f"/workflow_template/{template}/upload/")
    sheet = _download(page, tmp_path)
    rows = [_row(site, f"Dropped {n}") for n in range(3)]
    _drop(page, _filled(sheet, [*rows[:2], rows[2] | {"modeller": "Charles"}]))
    expect(_press(page, "Check")).to_have_text("1 row of 3 is wrong")
    expect(page.locator("#result")).to_be_focused()
    cells = page.locator("#result tbody tr").locator("th, td")
    expect(cells.nth(0)).to_have_text("4")
    expect(cells.nth(1)).to_have_text("D: modeller")
    expect(cells.nth(2)).to_have_text("Charles")
    expect(cells.nth(3)).to_contain_text("not a valid author")
    assert violations(page) == []
    with page.expect_download() as table:
        page.get_by_role("button", name="Download all errors as CSV").click()
    assert table.value.suggested_filename == "errors.csv"
    # the page is as it was, and takes the corrected sheet
    _drop(page, _filled(sheet, rows))
    expect(_press(page, "Check")).to_have_text("The sheet is right")
    expect(_press(page, "Register")).to_have_text("3 runs registered")
    assert violations(page) == []
    page.locator("#result li a").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Dropped 0")
    page.goto(f"/model_run/?workflow_template={template}")
    expect(page.locator("tbody tr")).to_have_count(3)


def test_without_scripts_the_answer_is_the_next_page(
    new_page: NewPage, site: Site, template: int, tmp_path: Path
) -> None:
    page = new_page(java_script_enabled=False)
    page.goto(f"/workflow_template/{template}/upload/")
    expect(page.get_by_text("You can also drop")).to_be_hidden()
    sheet = _download(page, tmp_path)
    for rows, heading in (
        ([_row(site, "Plain", **{"end time": "x"})], "1 row of 1 is wrong"),
        ([_row(site, "Plain")], re.compile("1 run registered")),
    ):
        content = _filled(sheet, rows)
        file: Any = {"name": "runs.xlsx", "mimeType": _XLSX, "buffer": content}
        page.get_by_label("Sheet (required)").set_input_files(file)
        page.get_by_role("button", name="Register", exact=True).click()
        expect(page.locator("#result-heading")).to_have_text(heading)


def test_a_file_that_is_no_sheet_says_so_on_a_telephone(
    new_page: NewPage, template: int
) -> None:
    page = new_page(refused=400, viewport={"width": 360, "height": 780})
    page.goto(f"/workflow_template/{template}/upload/")
    file: Any = {"name": "a.pdf", "mimeType": "x/y", "buffer": b"%PDF-1.7"}
    page.get_by_label("Sheet (required)").set_input_files(file)
    expect(_press(page, "Register")).to_have_text("The sheet cannot be read")
    expect(page.locator("#result")).to_contain_text("neither CSV nor XLSX")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 360
