"""Processes are found and stopped, and the agent's memory is its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from registry.agent import processes

pytestmark = pytest.mark.once

ROOT = Path(processes.__file__).parents[2]


def test_the_memory_of_an_agent_is_not_for_others() -> None:
    script = (
        "import ctypes; from registry.agent.processes import hide_memory; "
        "hide_memory(); print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=True,
    )
    assert done.stdout == b"0\n"


def test_a_process_is_described() -> None:
    own = processes.read_process(os.getpid())
    assert own is not None
    assert (own.pid, own.parent) == (os.getpid(), os.getppid())
    assert own.rss > 1_000_000
    assert 1_000_000 < processes.own_memory([own]) <= own.rss * 1.1
    assert processes.read_process(2**31 - 1) is None


def test_without_files_of_processes_a_group_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "PROC", tmp_path)
    assert not processes.has_proc()
    deaf = "trap '' TERM; echo; while :; do sleep 600; done"
    shell = subprocess.Popen(
        ["sh", "-c", deaf], stdout=subprocess.PIPE, start_new_session=True
    )
    with shell:
        assert shell.stdout is not None
        shell.stdout.readline()
        # a zombie is still in its group, so the child is collected beside
        clock = "registry.agent.processes.time.sleep"
        monkeypatch.setattr(clock, lambda _seconds: shell.poll())
        processes.stop_group(shell.pid, 0)
    assert shell.returncode == -signal.SIGKILL
