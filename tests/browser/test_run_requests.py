"""Run requests in a browser: pages that move, buttons, and what the work made."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.axe import violations
from tests.browser.conftest import NewPage
from tests.browser.site import PERSON, Site

pytestmark = [pytest.mark.once, pytest.mark.xdist_group("browser")]

#: The narrowest screen that a page has to fit, and a wide one.
TELEPHONE: ViewportSize = {"width": 360, "height": 780}
WIDE: ViewportSize = {"width": 1280, "height": 900}
#: Milliseconds for a page that asks every five seconds.
SLOW = 20_000
#: Three tasks, each of which needs the one before.
CHAIN = ("fetch", "fit", "plot")
#: What strangers could write.
EVIL = "<b>bold</b> \x1b[31mred\x1b[0m <script>alert(1)</script>\n"


@dataclass
class Work:
    """A backend of the site, and the program that does its work."""

    site: Site
    owner: Site
    slug: str
    backend: int
    requests: dict[str, int] = field(default_factory=dict)

    def ask(self, name: str, tasks: Sequence[str] = CHAIN) -> int:
        """Ask for a chain of tasks; return the id of the request."""
        output = {"name": "table", "level": "minimally_sensitive", "pattern": "t.csv"}
        rows = [
            {
                "name": one,
                "command": ["sh", "-c", f"echo {one} > t.csv"],
                "needs": list(tasks[at - 1 : at]) if at else [],
                "outputs": [output],
            }
            for at, one in enumerate(tasks)
        ]
        return self.owner.register(
            "run_request", description=name, backend=self.slug, tasks=rows
        )

    def begin(self, log: str = "begun\n") -> dict[str, Any]:
        """Take the next task and run it; return the attempt."""
        body = {"backend": self.slug, "host": "node-1", "slots": 1}
        key = {"Idempotency-Key": uuid.uuid4().hex}
        answer = self.site.call("POST", "backend/claim/", json=body, headers=key)
        assert answer.ok, answer.text
        [attempt] = answer.json()["attempts"]
        self.say(attempt, log)
        return dict(attempt)

    def say(self, attempt: dict[str, Any], text: str, offset: int = 0) -> None:
        """Write to the log of an attempt."""
        part = {"offset": offset, "text": text}
        one = {"lease": attempt["lease"], "stage": "running", "log": part}
        self.site.do("attempt/heartbeat/", attempts=[one])

    def end(self, attempt: dict[str, Any], *, error: str = "") -> None:
        """Report the end of an attempt, which wrote a file unless it failed."""
        content = f"{attempt['name']}\n".encode()
        file = {
            "name": "table",
            "level": "minimally_sensitive",
            "path": "t.csv",
            "sha1": hashlib.sha1(content, usedforsecurity=False).hexdigest(),
            "size": len(content),
        }
        if not error:
            self.upload(content)
        report = {
            "lease": attempt["lease"],
            "outcome": "failed" if error else "done",
            "exit_code": 1 if error else 0,
            "error": error,
            "outputs": [] if error else [file],
        }
        self.site.do("attempt/complete/", attempts=[report])

    def upload(self, content: bytes) -> None:
        """Store a file, unless it is there already."""
        sha1 = hashlib.sha1(content, usedforsecurity=False).hexdigest()
        answer = self.site.call("POST", f"data/{sha1}")
        if answer.ok:
            requests.put(answer.json()["url"], content, timeout=30)

    def empty(self) -> None:
        """Cancel what other tests have left to do."""
        for state in ("processing", "errors", "suspended"):
            found = self.site.call("GET", "run_request/", params={"state": state})
            for one in found.json()["results"]:
                path = one["url"].partition("/api/")[2]
                self.site.do(f"{path}cancel/")

    def task(self, request: int, name: str) -> int:
        """Return the id of a task."""
        parameters = {"run_request": request, "name": name}
        found = self.site.call("GET", "task/", params=parameters).json()["results"]
        return int(found[0]["url"].rstrip("/").rpartition("/")[2])


@pytest.fixture(scope="session")
def _workplace(site: Site) -> Work:
    backend = site.register(
        "backend",
        slug="cluster",
        name="The cluster",
        maintenance_windows=[
            {
                "begins": "2026-01-01T00:00:00Z",
                "ends": "2126-01-01T00:00:00Z",
                "reason": "New discs",
            }
        ],
    )
    people = {row["username"]: row["url"] for row in _accounts(site)}
    site.register_all(
        "backend_grant",
        [
            {"backend": "cluster", "user": people[PERSON], "use": "request"},
            {"backend": "cluster", "user": people["admin"], "use": "execute"},
        ],
    )
    return Work(site, site.of(PERSON), "cluster", backend)


def _accounts(site: Site) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = site.call("GET", "users/").json()["results"]
    return rows


@pytest.fixture
def work(_workplace: Work) -> Work:
    """Return the backend, on which nothing waits."""
    _workplace.empty()
    return _workplace


def _state(page: Page) -> Any:
    return page.locator("#work .state-line .chip")


def test_a_request_becomes_runs_while_a_person_watches(
    new_page: NewPage, work: Work
) -> None:
    pk = work.ask("Watched")
    page = new_page()
    page.goto(f"/run_request/{pk}/")
    expect(page.locator("#lineage")).to_have_count(0)
    page.locator("summary", has_text="What throws work away").click()
    page.locator("#task-table").get_by_role("link", name="plot").focus()
    for done, _ in enumerate(CHAIN, start=1):
        work.end(work.begin())
        words = page.locator("#work .progress-words")
        expect(words).to_contain_text(f"{done} of 3 tasks done")
        if done < len(CHAIN):
            link = page.locator("#task-table").get_by_role("link", name="plot")
            expect(link).to_be_focused()
            cancel = page.get_by_role("button", name="Cancel", exact=True)
            expect(cancel).to_be_visible()
    expect(_state(page)).to_have_text("complete")
    expect(page.locator("[data-live-status]")).to_have_text("The request is complete.")
    expect(
        page.locator("#task-table").get_by_role("link", name="code run")
    ).to_have_count(3)
    # the picture of the lineage came by itself
    expect(page.locator("#results svg.lineage .run")).to_have_count(3)
    expect(page.locator("#field-list")).to_contain_text("complete")
    expect(page.get_by_role("button", name="Pause updates")).to_be_hidden()
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url))
    page.wait_for_timeout(3000)
    assert asked == []


def test_updates_can_be_paused_and_end_in_hidden_tabs(
    new_page: NewPage, work: Work
) -> None:
    pk = work.ask("Paused")
    page = new_page()
    page.goto(f"/run_request/{pk}/")
    pause = page.get_by_role("button", name="Pause updates")
    pause.click()
    expect(pause).to_have_attribute("aria-pressed", "true")
    work.end(work.begin())
    page.wait_for_timeout(3000)
    words = page.locator("#work .progress-words")
    expect(words).to_contain_text("0 of 3 tasks done")
    pause.click()
    expect(words).to_contain_text("1 of 3 tasks done")


def test_what_has_not_changed_is_not_sent_again(new_page: NewPage, work: Work) -> None:
    pk = work.ask("Quiet")
    page = new_page()
    statuses: list[int] = []
    page.on(
        "response",
        lambda one: statuses.append(one.status) if "/live/" in one.url else None,
    )
    page.goto(f"/run_request/{pk}/")
    page.wait_for_timeout(7000)
    assert statuses[0] == 200
    assert statuses[1:]
    assert set(statuses[1:]) == {304}


def test_the_log_of_a_task_grows_on_its_page(new_page: NewPage, work: Work) -> None:
    pk = work.ask("Logged", ["speak"])
    attempt = work.begin(log=EVIL)
    page = new_page()
    page.goto(f"/task/{work.task(pk, 'speak')}/")
    log = page.locator("#log-text")
    expect(log).to_have_text("<b>bold</b> red <script>alert(1)</script>")
    lines = "".join(f"line {n}\n" for n in range(100))
    work.say(attempt, lines, len(EVIL.encode()))
    expect(log).to_contain_text("line 99")
    at_end = "one => one.scrollHeight - one.scrollTop - one.clientHeight < 8"
    assert log.evaluate(at_end)
    # who reads further up stays there
    log.evaluate("one => { one.scrollTop = 10 }")
    work.say(attempt, "the last\n", len((EVIL + lines).encode()))
    expect(log).to_contain_text("the last")
    assert log.evaluate("one => one.scrollTop") == 10
    work.end(attempt, error="No such column")
    expect(_state(page)).to_have_text("failed")
    expect(page.locator(".why")).to_have_text("No such column")


def test_a_request_is_directed_without_scripts(new_page: NewPage, work: Work) -> None:
    pk = work.ask("Directed")
    page = new_page(java_script_enabled=False)
    page.goto(f"/run_request/{pk}/")
    page.get_by_role("button", name="Suspend").click()
    expect(_state(page)).to_have_text("suspended")
    expect(page.locator(".messages")).to_contain_text("Suspend: 3 tasks changed.")
    page.get_by_role("button", name="Resume").click()
    expect(_state(page)).to_have_text("processing")
    work.end(work.begin(), error="Broken")
    page.get_by_role("link", name="Reload").click()
    expect(page.locator("#work .progress-words")).to_contain_text("1 failed")
    page.get_by_label("State", exact=True).select_option("failed")
    page.get_by_role("button", name="Filter the tasks").click()
    expect(page.locator("#task-table tbody th")).to_have_text(["fetch"])
    page.get_by_role("button", name="Run again what failed").click()
    expect(page.locator("#work .progress-words")).to_contain_text("1 ready")


def test_buttons_are_pressed_by_the_keyboard(new_page: NewPage, work: Work) -> None:
    pk = work.ask("Typed")
    page = new_page()
    page.goto(f"/run_request/{pk}/")
    page.get_by_role("button", name="Suspend").focus()
    page.keyboard.press("Enter")
    expect(_state(page)).to_have_text("suspended")
    page.get_by_role("link", name="Skip the tasks in the picture").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#tasks")).to_be_focused()


def test_a_run_is_run_again_and_verified(new_page: NewPage, work: Work) -> None:
    pk = work.ask("Verified", ["count"])
    work.end(work.begin())
    page = new_page()
    page.goto(f"/run_request/{pk}/")
    page.locator("#task-table").get_by_role("link", name="code run").click()
    first = page.url
    page.get_by_role("button", name="Run again").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Again: count")
    work.end(work.begin())
    expect(_state(page)).to_have_text("complete")
    page.goto(first)
    again = page.locator("section[aria-labelledby=again]")
    expect(again).to_contain_text("reproduced: all outputs are the same")
    page.get_by_role("heading", name="Run again").wait_for()
    assert not violations(page, "section[aria-labelledby=again]")


def test_a_backend_is_paused_by_who_looks_after_it(
    new_page: NewPage, work: Work
) -> None:
    # rosalind does not
    page = new_page()
    page.goto("/backend/cluster/")
    expect(page).to_have_url(f"{work.site.url}/backend/{work.backend}/")
    state = page.locator("#work")
    expect(state.locator("button")).to_have_count(0)
    path = f"backend/{work.backend}/flag/"
    work.site.do(path, name="paused", value=True)
    try:
        expect(state).to_contain_text("It is paused", timeout=SLOW)
    finally:
        work.site.do(path, name="paused", value=False)
    expect(state).to_contain_text("It gives out tasks", timeout=SLOW)


@pytest.fixture(scope="session")
def addresses(_workplace: Work) -> dict[str, str]:
    """Return the addresses of all pages about work, in the middle of it."""
    work = _workplace
    work.empty()
    long = "a-task-with-a-name-that-is-as-long-as-" + "names-" * 20
    pk = work.ask("A request with everything " * 8, [*CHAIN, long])
    work.end(work.begin())
    work.end(work.begin(), error="It broke: " + "x" * 300)
    running = work.ask("Running", ["run"])
    work.begin(log="y" * 500)
    done = work.ask("Done", ["done"])
    work.end(work.begin())
    work.ask("Waiting", ["wait"])
    return {
        "list": "/run_request/",
        "list, nothing": "/run_request/?state=suspended&mine=1",
        "request": f"/run_request/{pk}/",
        "request, done": f"/run_request/{done}/",
        "timeline": f"/run_request/{pk}/timeline/",
        "failed task": f"/task/{work.task(pk, 'fit')}/",
        "waiting task": f"/task/{work.task(pk, long)}/",
        "running task": f"/task/{work.task(running, 'run')}/",
        "backend": f"/backend/{work.backend}/",
        "grant": "/backend_grant/1/",
    }


_UNFOLD = "document.querySelectorAll('main details').forEach((x) => { x.open = true })"
NAMES = (
    *("list", "list, nothing", "request", "request, done", "timeline", "failed task"),
    *("waiting task", "running task", "backend", "grant"),
)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("signed_in", [True, False])
def test_a_page_is_accessible_and_fits(
    name: str, signed_in: bool, addresses: dict[str, str], new_page: NewPage
) -> None:
    page = new_page(signed_in=signed_in, viewport=WIDE, reduced_motion="reduce")
    page.goto(addresses[name])
    page.evaluate(_UNFOLD)
    for size in (WIDE, TELEPHONE):
        page.set_viewport_size(size)
        needed = page.evaluate("document.documentElement.scrollWidth")
        assert needed <= size["width"]
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            assert not violations(page), f"{size['width']}, {scheme}"
