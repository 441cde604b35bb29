"""Pictures are drawn once, within limits, and only part of what is too large."""

from __future__ import annotations

import re
import resource
import shutil
import stat
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from django.core.cache import caches

from registry.core.errors import Busy
from registry.http.caches import BoundedCache
from registry.provenance import picture
from registry.provenance.picture import CannotDraw, draw, kept, render
from registry.provenance.prov.document import report
from registry.provenance.prov.drawing import (
    MOST_NODES,
    MOST_RELATIONS,
    Look,
    as_dot,
)
from registry.provenance.prov.statements import as_prov
from tests.provenance.graphs import Graph, Run, chain, ladder, store

HERE = "https://registry.example.org"
needs_graphviz = pytest.mark.skipif(
    shutil.which("dot") is None, reason="Graphviz is not installed"
)
needs_prlimit = pytest.mark.skipif(
    not hasattr(resource, "prlimit"), reason="the system limits no other process"
)


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a program of our own in the place of ``dot``."""
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    return tmp_path / "dot"


def _write(program: Path, *lines: str) -> None:
    program.write_text("\n".join(("#!/bin/sh", *lines)), encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)


def test_the_same_picture_is_drawn_once(program: Path) -> None:
    calls = program.with_name("calls")
    _write(program, f'echo >> "{calls}"', "cat")
    for _ in range(3):
        assert render("digraph { a }", "svg") == b"digraph { a }"
    assert render("digraph { b }", "svg") == b"digraph { b }"
    assert render("digraph { a }", "png") == b"digraph { a }"
    assert len(calls.read_text().split("\n")) - 1 == 3


def test_who_asks_for_a_picture_that_is_being_drawn_does_not_wait() -> None:
    begun, go_on = Barrier(2), Barrier(2)
    made: list[bytes] = []

    def make() -> bytes:
        begun.wait()
        go_on.wait()
        return b"picture"

    drawing = Thread(target=lambda: made.append(kept("key", make)))
    drawing.start()
    begun.wait()
    with pytest.raises(Busy, match="being drawn"):
        kept("key", lambda: b"another")
    assert kept("other", lambda: b"another") == b"another"
    go_on.wait()
    drawing.join()
    assert made == [b"picture"]
    assert kept("key", lambda: b"another") == b"picture"


def test_a_picture_that_failed_can_be_drawn_later() -> None:
    def fail() -> bytes:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        kept("key", fail)
    assert kept("key", lambda: b"picture") == b"picture"


def test_what_is_too_much_is_not_tried_again_and_again(program: Path) -> None:
    calls = program.with_name("calls")
    _write(program, f'echo >> "{calls}"', "cat > /dev/null", "exit 1")
    for _ in range(3):
        with pytest.raises(CannotDraw):
            render("digraph { a }", "svg")
    assert calls.read_text() == "\n"


def test_nobody_waits_for_others_to_finish() -> None:
    for _ in range(picture.AT_ONCE):
        assert picture._free.acquire(blocking=False)
    try:
        with pytest.raises(Busy, match="Too many"):
            draw("digraph { a }", "svg")
    finally:
        for _ in range(picture.AT_ONCE):
            picture._free.release()


@needs_prlimit
def test_the_program_has_limits_of_its_own(program: Path) -> None:
    # it reads its text first, and is limited by then
    _write(program, "cat > /dev/null", "ulimit -v", "ulimit -t", "ulimit -c")
    limits = [int(line) for line in draw("digraph { a }", "svg").split()]
    assert limits == [picture.MEMORY // 1024, picture.SECONDS, 0]


@needs_prlimit
def test_a_graph_that_takes_too_much_processor_time_cannot_be_drawn(
    program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picture, "SECONDS", 1)
    _write(program, "cat > /dev/null", "while :; do :; done")
    with pytest.raises(CannotDraw, match="too much time"):
        draw("digraph { a }", "svg")


@needs_prlimit
def test_a_graph_that_a_busy_machine_did_not_draw_can_be_drawn_later(
    program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picture, "PATIENCE", 0.2)
    _write(program, "exec sleep 60")
    with pytest.raises(Busy, match="too busy"):
        render("digraph { a }", "svg")
    monkeypatch.setattr(picture, "PATIENCE", 60)
    _write(program, "cat > /dev/null", "echo drawn")
    assert render("digraph { a }", "svg") == b"drawn\n"


@needs_prlimit
def test_a_picture_has_its_largest_size(
    program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picture, "MOST_PICTURE", 1000)
    _write(program, "cat > /dev/null", "while echo aaaaaaaaaaaaaaaa; do :; done")
    with pytest.raises(CannotDraw, match="too large"):
        draw("digraph { a }", "svg")


@needs_graphviz
@needs_prlimit
def test_too_much_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture, "MEMORY", 1024 * 1024)
    with pytest.raises(CannotDraw):
        draw("digraph { a -> b }", "svg")


def test_the_cache_in_memory_has_its_largest_size() -> None:
    cache = BoundedCache("of a test", {"OPTIONS": {"MAX_BYTES": 1000}})
    cache.clear()
    for number in range(30):
        cache.set(str(number), bytes(90))
        cache.get("0")
    held = [number for number in range(30) if cache.get(str(number))]
    # what is used stays, and so do the newest
    assert 0 in held
    assert 29 in held
    assert 5 <= len(held) <= 11
    cache.set("0", bytes(500))
    assert cache.get("0") is None
    cache.clear()


def test_pictures_have_a_cache_of_their_own() -> None:
    render_key = picture.digest_of("a", "b")
    assert render_key != picture.digest_of("ab", "")
    kept(render_key, lambda: b"picture")
    assert caches["pictures"].get(render_key) == b"picture"
    assert caches["default"].get(render_key) is None


def _dot(root: Any, *, attributes: bool) -> str:
    document = report(root, depth=None, registry_url=HERE)
    return as_dot(as_prov(document), Look(attributes=attributes))


def _drawn(text: str) -> tuple[int, int]:
    """Count the nodes, notes among them, and the relations."""
    nodes = re.findall(r"^n\d+a? \[", text, re.MULTILINE)
    return len(nodes), len(re.findall(r"^n\d+ -> ", text, re.MULTILINE))


@pytest.mark.django_db
@pytest.mark.parametrize("attributes", [True, False])
@pytest.mark.parametrize(
    "graph",
    [
        chain(400),
        ladder(12, 6),
        Graph(
            (0,) * 200,
            (
                Run(
                    frozenset((n, 0) for n in range(100)),
                    frozenset((n, 0) for n in range(100, 200)),
                ),
            ),
            parts=1,
        ),
    ],
    ids=["chain", "ladder", "star"],
)
@pytest.mark.slow
def test_of_a_large_report_the_nearest_part_is_drawn(
    graph: Graph, attributes: bool
) -> None:
    stored = store(graph)
    text = _dot(stored.runs[-1], attributes=attributes)
    nodes, relations = _drawn(text)
    assert MOST_NODES // 3 < nodes <= MOST_NODES
    assert 50 < relations <= MOST_RELATIONS
    assert re.search(r'label="The nearest \d+ of [\d,]+ elements, with \d+ of', text)
    assert f"api/code_run/{stored.runs[-1].pk}" in text


@pytest.mark.django_db
def test_a_small_report_is_drawn_as_a_whole() -> None:
    text = _dot(store(chain(5)).objects[-1], attributes=True)
    assert "The nearest" not in text


@pytest.mark.django_db
@needs_graphviz
@pytest.mark.slow
def test_the_largest_picture_can_be_drawn_and_says_what_it_is() -> None:
    stored = store(ladder(12, 6))
    svg = render(_dot(stored.objects[-1], attributes=True), "svg").decode()
    assert "The nearest" in svg
    assert "The other formats have all of them" in svg
