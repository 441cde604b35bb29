"""A runner runs one command within its limits, and writes down how it ended."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from registry.agent import limits
from registry.agent.files import read_json, write_json
from registry.agent.limits import Monitor
from registry.agent.processes import Process, descendants, stop_all
from registry.agent.runner import LOG, RESULT, RUNNER, TASK, iso_time
from registry.agent.running import Runner, RunnerLost
from tests.agent.tools import TIMEOUT, is_alive, shell, wait_until

pytestmark = pytest.mark.once

ROOT = Path(sys.modules[Runner.__module__].__file__ or "").parents[2]


class Started:
    """A runner, as an agent starts it."""

    def __init__(
        self, folder: Path, arguments: list[str], limits: dict[str, Any], **more: Any
    ) -> None:
        self.folder = folder
        work = folder / "work"
        work.mkdir(exist_ok=True)
        task = {
            "arguments": arguments,
            "environment": {"PATH": "/usr/bin:/bin", "REGISTRY_LEASE": folder.name},
            "stop": [],
            "grace": 0.2,
            "work": str(work),
            "limits": limits,
        }
        write_json(folder / TASK, {**task, **more})
        self.process = subprocess.Popen(
            [sys.executable, "-m", "registry.agent", "run-task", str(folder)],
            env={"PYTHONPATH": str(ROOT)},
        )

    def result(self) -> dict[str, Any]:
        try:
            self.process.wait(TIMEOUT)
        finally:
            self.end()
        return read_json(self.folder / RESULT)

    def end(self) -> None:
        """Leave nothing running, also of a runner that did not end."""
        pid = self.process.pid
        if self.process.poll() is None:
            stop_all(lambda: descendants(pid), 0)
            self.process.kill()
            self.process.wait()


def run(folder: Path, arguments: list[str], **limits: Any) -> dict[str, Any]:
    return Started(folder, arguments, limits).result()


def test_the_result_says_what_was_used(tmp_path: Path) -> None:
    script = "b = bytearray(30_000_000); import time; t = time.process_time\n"
    script += "while t() < 0.3: pass"
    result = run(tmp_path, [sys.executable, "-c", script])
    assert (result["exit_code"], result["error"]) == (0, None)
    usage = result["usage"]
    assert usage["cpu_seconds"] > 0.2
    assert usage["seconds"] > 0.2
    assert usage["memory"] > 30_000_000
    assert result["started"] < result["ended"]


def test_time_is_limited(tmp_path: Path) -> None:
    result = run(tmp_path, ["sleep", "600"], seconds=0.3)
    assert result["exit_code"] is None
    assert result["error"].startswith("It ran for ")
    assert result["error"].endswith(" s; its time limit is 0.3 s.")


def test_memory_of_the_whole_tree_is_limited(tmp_path: Path) -> None:
    child = "b = b'x' * 60_000_000; input()"
    script = (
        "import subprocess, sys; "
        f"a = [subprocess.Popen([sys.executable, '-c', {child!r}], "
        "stdin=subprocess.PIPE, start_new_session=True) for _ in range(2)]; "
        "a[0].wait()"
    )
    limit = 100_000_000
    result = run(tmp_path, [sys.executable, "-c", script], memory=limit)
    assert result["exit_code"] is None
    assert result["error"].startswith("It used 1")
    assert result["error"].endswith("its memory limit is 100,000,000 bytes.")
    assert result["usage"]["memory"] > limit


def test_memory_that_processes_share_counts_once(tmp_path: Path) -> None:
    script = (
        "import os, time; b = b'x' * 60_000_000\n"
        "for _ in range(3):\n    if not os.fork(): time.sleep(0.8); os._exit(0)\n"
        "for _ in range(3): os.wait()"
    )
    result = run(tmp_path, [sys.executable, "-c", script], memory=120_000_000)
    assert (result["exit_code"], result["error"]) == (0, None)


@pytest.mark.parametrize(
    "script, message",
    [
        ("head -c 3000 /dev/zero > a.csv; sleep 600", "3,000 bytes of outputs"),
        ("head -c 3000 /dev/zero > a.csv", "3,000 bytes of outputs"),
        ("yes | head -c 3000; sleep 600", "0 bytes of outputs and 3,0"),
        ("yes", "bytes of log; the limit of both is 2,000 bytes."),
    ],
)
def test_outputs_and_log_are_limited(tmp_path: Path, script: str, message: str) -> None:
    outputs = [{"pattern": "*.csv"}]
    result = Started(
        tmp_path, shell(script), {"output": 2000}, outputs=outputs
    ).result()
    assert result["exit_code"] is None
    assert message in result["error"]
    assert (tmp_path / LOG).stat().st_size < 2000 + 2 * 65536


def test_files_that_are_no_outputs_are_not_limited(tmp_path: Path) -> None:
    result = run(tmp_path, shell("head -c 3000 /dev/zero > scratch"), output=2000)
    assert result["exit_code"] == 0


def test_a_runner_that_is_stopped_stops_what_ignores_signals(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    deaf = f"trap '' TERM; echo $$ >> {pids}; while :; do sleep 600; done"
    # one is a daemon: its parent ended, and it has a session of its own
    script = f'(setsid sh -c "{deaf.replace("$", chr(92) + "$")}" &) ; {deaf}'
    started = Started(tmp_path, shell(script), {})
    wait_until(lambda: pids.exists() and pids.read_text().count("\n") == 2)

    started.process.send_signal(signal.SIGTERM)

    assert started.result()["error"] == "It was stopped."
    assert not any(map(is_alive, pids.read_text().split()))


def test_a_stop_during_a_measurement_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monitor = Monitor({"work": tmp_path}, tmp_path / LOG)

    def stopped_meanwhile(_pid: int) -> list[Process]:
        monitor.stop()
        return []

    monkeypatch.setattr(limits, "descendants", stopped_meanwhile)
    assert monitor.check() == "It was stopped."
    assert monitor.check() == "It was stopped."


def test_a_stop_after_the_end_of_a_command_changes_nothing(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    # what it leaves behind ignores signals, so that the runner has to wait for it
    rest = f"(trap '' TERM; echo $$ > {pids}; while :; do sleep 600; done)"
    script = f"{rest} & while [ ! -s {pids} ]; do sleep 0.01; done"
    started = Started(tmp_path, shell(script), {}, grace=3)
    wait_until(lambda: pids.exists() and pids.read_text().strip())
    wait_until(lambda: not is_alive(pids.read_text().strip()))

    started.process.send_signal(signal.SIGTERM)

    result = started.result()
    assert (result["exit_code"], result["error"]) == (0, None)


def test_a_pipe_that_another_process_keeps_open_does_not_delay_the_end(
    tmp_path: Path,
) -> None:
    pid = tmp_path / "pid"
    started = Started(tmp_path, shell(f"echo $$ > {pid}; sleep 600"), {"seconds": 1})
    wait_until(lambda: pid.exists() and pid.read_text().strip())
    with Path(f"/proc/{pid.read_text().strip()}/fd/1").open("wb"):
        assert started.result()["error"].startswith("It ran for ")


def test_a_program_that_stops_containers_runs_at_the_end(tmp_path: Path) -> None:
    stop = ["touch", str(tmp_path / "stopped")]
    Started(tmp_path, ["true"], {}, stop=stop).result()
    assert (tmp_path / "stopped").exists()


def test_processes_without_a_runner_are_found_by_their_lease(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    script = f"(env -i sleep 600 & echo $! >> {pids}); echo $$ >> {pids}; sleep 600"
    started = Started(tmp_path, shell(f"setsid sh -c '{script}'; :"), {})
    wait_until(lambda: pids.exists() and pids.read_text().count("\n") == 2)
    started.process.kill()
    started.process.wait()

    with pytest.raises(RunnerLost, match="was killed"):
        Runner(tmp_path, tmp_path.name).claim()

    bare, marked = pids.read_text().split()
    assert not is_alive(marked)
    if is_alive(bare):
        # it threw its environment away and lost its parent: nothing leads to it
        subprocess.run(["kill", bare], check=True)


def test_a_runner_is_started_once(tmp_path: Path) -> None:
    first, second = Runner(tmp_path, "a"), Runner(tmp_path, "a")
    assert first.claim()
    assert not second.claim()
    first.release()
    assert second.claim()
    write_json(tmp_path / RUNNER, {"pid": 1})
    write_json(tmp_path / RESULT, {"exit_code": 0})
    assert not first.claim()


def test_times_are_iso_8601_in_utc() -> None:
    assert iso_time(0) == "1970-01-01T00:00:00.000Z"
    assert iso_time(1_700_000_000.25) == "2023-11-14T22:13:20.250Z"
