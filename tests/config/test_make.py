"""`make test` runs its parts side by side, and fails when one of them does."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import LIVE_PATHS
from tests.plugins.databases import ROOT

SCRIPT = (sys.executable, "scripts/side_by_side.py")
PATIENCE = 60

pytestmark = pytest.mark.once


def python(statements: str) -> str:
    """Return the line of a command that runs these statements."""
    return f'{sys.executable} -c "{statements}"'


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the script without a terminal."""
    return subprocess.run(
        [*SCRIPT, *arguments],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def planned(*arguments: str, **variables: str) -> str:
    """Return what make would run, without running it."""
    done = subprocess.run(
        ["make", "--dry-run", "--no-print-directory", *arguments],
        cwd=ROOT,
        env={k: v for k, v in os.environ.items() if k != "MAKEFLAGS"} | variables,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    return done.stdout


@pytest.mark.slow
def test_outputs_follow_each_other_in_order() -> None:
    done = run(
        *("slow", python("import time; print(1); time.sleep(1); print(2)")),
        *("quick", python("print(3)")),
    )
    assert done.returncode == 0
    assert re.findall("^[0-9]$", done.stdout, re.MULTILINE) == ["1", "2", "3"]
    assert "slow: passed" in done.stdout
    assert "quick: passed" in done.stdout


def test_they_run_at_the_same_time(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    # each waits for the other
    meet = (
        "import pathlib, time; pathlib.Path('{}').touch();"
        "[time.sleep(0.05) for _ in range(1000) if not pathlib.Path('{}').exists()];"
        "assert pathlib.Path('{}').exists()"
    )
    done = run(
        *("one", python(meet.format(here, there, there))),
        *("other", python(meet.format(there, here, here))),
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("failing", ["first", "second"])
def test_one_that_fails_fails_the_whole_and_stops_no_other(failing: str) -> None:
    parts = {
        name: python(f"print('{name} is through')") for name in ("first", "second")
    }
    parts[failing] = python("import sys; print('it is broken'); sys.exit(3)")
    done = run(*(text for part in parts.items() for text in part))
    assert done.returncode == 1
    assert "it is broken" in done.stdout
    assert f"{failing}: FAILED (exit code 3)" in done.stdout
    assert len(re.findall("is through$", done.stdout, re.MULTILINE)) == 1


@pytest.mark.parametrize("stops", [signal.SIGINT, signal.SIGTERM])
def test_all_are_stopped_together(tmp_path: Path, stops: signal.Signals) -> None:
    wait = (
        "import os, pathlib, time; pathlib.Path('{}').write_text(str(os.getpid()));"
        "time.sleep(600)"
    )
    files = [tmp_path / "one", tmp_path / "other"]
    arguments = [t for file in files for t in (file.name, python(wait.format(file)))]
    process = subprocess.Popen(
        [*SCRIPT, *arguments], cwd=ROOT, stdout=subprocess.DEVNULL
    )
    _wait_for(lambda: all(file.exists() and file.read_text() for file in files))
    process.send_signal(stops)
    assert process.wait(PATIENCE) == 130
    for file in files:
        with pytest.raises(ProcessLookupError):
            os.kill(int(file.read_text()), 0)


def _wait_for(is_true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_it_says_how_it_is_called() -> None:
    done = run("a name without a command")
    assert done.returncode == 2
    assert "NAME COMMAND" in done.stderr


def test_make_test_runs_checks_and_both_databases_on_all_processors() -> None:
    line = planned("test", "WORKERS=7").replace("\\\n", " ")
    [command] = re.findall(r"scripts/side_by_side\.py (.*)", line)
    assert re.search(r"checks 'make .*check'", command)
    for name, database in (("SQLite", "sqlite"), ("PostgreSQL", "postgresql")):
        assert re.search(rf"{name} '[^']* -n 7 [^']*--database {database}'", command)
    assert re.search(r" -n [1-9][0-9]* ", planned("test-fast"))


def test_make_test_fast_leaves_out_what_starts_programs() -> None:
    assert "--database sqlite -m 'not live and not slow'" in planned("test-fast")


def test_the_paths_of_tests_that_start_programs_are_there() -> None:
    for path in LIVE_PATHS:
        assert (ROOT / "tests" / path).exists(), path
