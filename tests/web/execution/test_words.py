"""Logs and progress in words, and the pictures of tasks and attempts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest

from registry.execution.counts import Counts
from registry.execution.graphs import TaskNode
from registry.execution.models import Attempt, Backend, RunRequest, Task
from registry.execution.states import TRANSITIONS, TaskState
from registry.web.execution.buttons import buttons_for, task_buttons
from registry.web.execution.task_graph import critical_path_in_words, graph_picture
from registry.web.execution.timeline import host_rows, timeline_picture
from registry.web.execution.words import (
    Progress,
    plain_log,
    said_of,
    spoken_seconds,
)

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "written, shown",
    [
        ("plain\n", "plain\n"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;https://example.org\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b(Btext\x1b=", "text"),
        ("1%\r50%\r100%\ndone", "100%\ndone"),
        ("windows\r\nlines\r\n", "windows\nlines\n"),
        ("a\x00b\x08c\x07\td", "abc\td"),
        ("\u202egnp.exe", "gnp.exe"),
        ("\x9b31mred", "red"),
        ("\x1b[31", "31"),
    ],
)
def test_a_log_is_shown_as_a_terminal_leaves_it(written: str, shown: str) -> None:
    assert plain_log(written) == shown


def test_a_long_log_of_escapes_takes_no_time() -> None:
    assert plain_log("\x1b]" * 30_000) == ""
    assert plain_log("x\r" * 30_000) == "x"


def test_progress_counts_the_jobs_that_are_still_to_be_made() -> None:
    counts = Counts({"done": 2, "ready": 2}, {}, 1)
    request = RunRequest(jobs=100_000, jobs_made=2)
    progress = Progress.of(request, counts)
    assert progress.text == "2 of 200,000 tasks done"
    assert progress.others == [("ready", "2 ready")]
    nothing = Progress.of(RunRequest(jobs=1, jobs_made=0), Counts({}, {}, 0))
    assert nothing.text == "0 of 0 tasks done"
    assert list(nothing.parts) == []


def test_failures_are_announced() -> None:
    counts = Counts({"failed": 1, "ready": 2}, {}, 1)
    assert said_of("processing", counts) == (
        "The request is processing; 1 task failed."
    )
    assert said_of("errors", Counts({"failed": 2}, {}, 1)) == (
        "The request has errors; 2 tasks failed."
    )


@pytest.mark.parametrize("state", TaskState.values)
def test_every_task_that_can_move_has_a_button(state: str) -> None:
    names = {one.name for one in buttons_for([state])}
    can_move = bool(TRANSITIONS[TaskState(state)])
    assert can_move <= bool(names)
    assert {one.name for one in task_buttons(state)} <= {
        *("reset", "hard_reset", "cancel"),
    }


def _node(pk: int, *needs: int, critical: bool = False, name: str = "") -> TaskNode:
    return TaskNode(pk, name or f"t{pk}", "done", needs, 1.5, critical)


def _parsed(picture: str) -> ET.Element:
    return ET.fromstring(picture)  # noqa: S314


def test_tasks_stand_after_what_they_need() -> None:
    nodes = [_node(1), _node(2, 1), _node(3, 1), _node(4, 2, 3), _node(5)]
    root = _parsed(graph_picture(nodes, lambda pk: f"/task/{pk}/"))
    across = {
        str(link.get("id")): float(link.find("rect").get("x", ""))  # type: ignore[union-attr]
        for link in root.findall("a")
    }
    assert across["node-1"] == across["node-5"] < across["node-2"]
    assert across["node-2"] == across["node-3"] < across["node-4"]
    boxes = {(rect.get("x"), rect.get("y")) for rect in root.findall("a/rect")}
    assert len(boxes) == len(nodes)


def test_a_graph_of_long_chains_is_drawn() -> None:
    nodes = [_node(n, *([n - 1] if n else [])) for n in range(200)]
    root = _parsed(graph_picture(nodes, str))
    assert len(root.findall("a")) == 200


def test_the_critical_path_is_in_order_and_cut() -> None:
    nodes = [_node(n, *([n - 1] if n else []), critical=True) for n in range(15)]
    said = critical_path_in_words(nodes)
    assert said.startswith("t0, then t1")
    assert said.endswith(", and 3 more")


def test_names_in_pictures_are_texts() -> None:
    name = "<script>\x00\ud800"
    root = _parsed(graph_picture([_node(1, name=name)], str))
    [title] = root.findall("a/title")
    assert title.text is not None
    assert title.text.startswith("<script>  : done, took 1.5 s")


def _attempt(pk: int, begins: int, ends: int | None, host: str = "h") -> Attempt:
    return Attempt(
        pk=pk,
        number=1,
        task=Task(pk=pk, name=f"t{pk}"),
        backend=Backend(slug="lab"),
        host=host,
        state="open" if ends is None else "done",
        leased_at=NOON + timedelta(seconds=begins),
        ended=None if ends is None else NOON + timedelta(seconds=ends),
    )


def test_attempts_at_once_on_a_host_have_lanes() -> None:
    attempts = [
        *(_attempt(1, 0, 10), _attempt(2, 5, 15), _attempt(3, 10, 20)),
        _attempt(4, 0, None, host="g"),
    ]
    rows = host_rows(attempts, NOON + timedelta(seconds=30))
    assert [(row.name, row.lanes) for row in rows] == [("lab: g", 1), ("lab: h", 2)]
    assert [bar.lane for bar in rows[1].bars] == [0, 1, 0]
    root = _parsed(timeline_picture(rows, lambda pk: f"/task/{pk}/"))
    assert len(root.findall("a")) == 4


def test_a_timeline_of_a_moment_is_drawn() -> None:
    rows = host_rows([_attempt(1, 0, 0)], NOON)
    assert len(_parsed(timeline_picture(rows, str)).findall("a/rect")) == 1


@pytest.mark.parametrize(
    "seconds, spoken",
    [
        *((0.04, "0 s"), (0.3, "0.3 s"), (1.5, "1.5 s"), (59, "59 s"), (60, "1 min")),
        *((61, "1 min 1 s"), (7325, "2 h 2 min"), (100_000, "1 d 3 h 47 min")),
    ],
)
def test_long_durations_are_rounded_to_minutes(seconds: float, spoken: str) -> None:
    assert spoken_seconds(seconds) == spoken
