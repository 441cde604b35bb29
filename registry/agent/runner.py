"""Run one task within its limits, and write down how it ended.

    registry-agent.pyz run-task FOLDER

``FOLDER/task.json`` says what to run. The runner is a process of its own, so that a
task goes on while its agent is gone. An agent that starts again finds
``FOLDER/result.json``, or the lock ``FOLDER/runner.lock`` that the runner holds as long
as it lives. SIGTERM stops the task.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from pathlib import Path
from types import FrameType
from typing import Any, BinaryIO, NamedTuple

from registry.agent.files import read_json, write_json
from registry.agent.limits import Watched
from registry.agent.logs import LogWriter
from registry.agent.processes import (
    adopt_orphans,
    can_look,
    descendants,
    prefer_as_victim,
    reap,
    stop_all,
    stop_group,
)

#: The names of files in the folder of a task.
TASK, RUNNER, RESULT, LOG = "task.json", "runner.json", "result.json", "log.txt"
LOCK, ERRORS = "runner.lock", "runner-errors.txt"
#: Seconds between two looks whether the command has ended.
INTERVAL = 0.03
#: Seconds that a task has to end by itself when it is stopped.
GRACE = 5.0


class _End(NamedTuple):
    """How a command ended; one of both is None."""

    exit_code: int | None
    error: str | None


def run_task(folder: Path) -> int:
    """Run the task of a folder; return 0, whatever became of the task."""
    task = read_json(folder / TASK)
    watched = Watched(task, folder / LOG)
    signal.signal(signal.SIGTERM, _stopper(watched))
    adopt_orphans()
    write_json(folder / RUNNER, {"pid": os.getpid()})
    started = time.time()
    end = _execute(task, folder, watched)
    seconds = time.time() - started
    cpu = max(watched.cpu, _cpu_of_children())
    write_json(
        folder / RESULT,
        {
            "exit_code": end.exit_code,
            "error": end.error,
            "started": iso_time(started),
            "ended": iso_time(started + seconds),
            "usage": {
                "seconds": round(seconds, 3),
                "cpu_seconds": round(cpu, 3),
                "memory": watched.memory,
            },
        },
    )
    return 0


def iso_time(seconds: float) -> str:
    """Return a time since 1970 as ISO 8601, in UTC."""
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{whole}.{int(seconds % 1 * 1000):03}Z"


def _stopper(watched: Watched) -> Any:
    def stop(_number: int, _frame: FrameType | None) -> None:
        watched.reason = watched.reason or "It was stopped."

    return stop


def _execute(task: dict[str, Any], folder: Path, watched: Watched) -> _End:
    """Run the command; return how it ended."""
    with (folder / LOG).open("ab", buffering=0) as log:
        try:
            process = _start(task)
        except OSError as error:
            program = task["arguments"][0]
            return _End(None, f"{program} could not be started: {error.strerror}.")
        prefer_as_victim(process.pid)
        copier = _copy_log(process, log, watched)
        code = _watch(process.pid, watched)
        process.returncode = code
        _stop_rest(process.pid, task, 0 if watched.is_urgent else task["grace"])
        copier.join()
    reason = watched.reason or watched.check_size()
    return _End(None, reason) if reason else _end_of(code)


def _start(task: dict[str, Any]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - this is what an agent is for
        task["arguments"],
        cwd=task["work"],
        env=task["environment"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def _copy_log(
    process: subprocess.Popen[bytes], log: BinaryIO, watched: Watched
) -> threading.Thread:
    """Start to copy what the command prints."""
    sizes = [watched.limits.get(name) for name in ("log", "output")]
    writer = LogWriter(log, min((size for size in sizes if size), default=None))
    copier = threading.Thread(target=writer.copy, args=(process.stdout,), daemon=True)
    copier.start()
    return copier


def _watch(pid: int, watched: Watched) -> int | None:
    """Return the exit code of the command, None if it has to be stopped."""
    while True:
        code = reap(pid)
        if code is not None or watched.look() is not None:
            return code
        time.sleep(INTERVAL)


def _stop_rest(pid: int, task: dict[str, Any], grace: float) -> None:
    """Stop what is left of a task, also what went into the background."""
    if task["stop"]:
        _run_quietly(task["stop"])
    if not can_look():
        stop_group(pid, grace)
        return

    def find() -> Any:
        reap(pid)
        return descendants(os.getpid())

    stop_all(find, grace)
    reap(pid)


def _run_quietly(arguments: list[str]) -> None:
    subprocess.run(  # noqa: S603 - no shell, and words of ours
        arguments, stdin=subprocess.DEVNULL, capture_output=True, check=False
    )


def _end_of(code: int | None) -> _End:
    """Return the end with the exit code that shells give, for signals too."""
    if code is None or code >= 0:
        return _End(code, None)
    return _End(128 - code, f"It was ended by the signal {_name_of(-code)}.")


def _name_of(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)


def _cpu_of_children() -> float:
    times = os.times()
    return times.children_user + times.children_system
