"""Check pages with axe-core from tests/vendor/axe."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

_AXE = Path(__file__).resolve().parents[1] / "vendor" / "axe" / "axe.min.js"
_LOAD = _AXE.read_text(encoding="utf-8")
#: All rules that are not experimental: WCAG 2.0 to 2.2, A and AA, and best practice.
_TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
_RUN = """async ([part, tags]) => {
  const found = await axe.run(part, {
    runOnly: { type: "tag", values: tags },
    resultTypes: ["violations"],
  });
  return found.violations.map(({ id, help, nodes }) => ({
    id, help, nodes: nodes.map(({ target, failureSummary }) =>
      [target.join(" "), failureSummary]),
  }));
}"""


def violations(page: Page, part: str = "html") -> list[str]:
    """Return the violations that axe finds on the page, or in a part of it."""
    if not page.evaluate("'axe' in window"):
        # run by the debugger, to which the site's content policy does not apply
        page.evaluate(_LOAD)
    found: list[dict[str, Any]] = page.evaluate(_RUN, [part, list(_TAGS)])
    return [
        f"{one['id']}: {one['help']}: {target}: {summary}"
        for one in found
        for target, summary in one["nodes"]
    ]
