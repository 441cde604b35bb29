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
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from types import FrameType
from typing import Any, BinaryIO, NamedTuple

from registry.agent.files import read_json, write_json
from registry.agent.limits import Monitor
from registry.agent.logs import LogWriter
from registry.agent.processes import (
    Process,
    adopt_orphans,
    descendants,
    has_proc,
    prefer_as_victim,
    reap,
    run_quietly,
    stop_all,
    stop_group,
)

#: The names of files in the folder of a task.
TASK, RUNNER, RESULT, LOG = "task.json", "runner.json", "result.json", "log.txt"
LOCK, ERRORS = "runner.lock", "runner-errors.txt"
#: Seconds between two checks whether the command has ended.
INTERVAL = 0.03
#: Seconds that a task has to end by itself when it is stopped.
GRACE = 5.0
#: Seconds for the rest of the log, when the processes of a task have ended.
_LOG_TIMEOUT = 5.0


class _End(NamedTuple):
    """How a command ended: ``exit_code`` is None if it was stopped or not started."""

    exit_code: int | None
    error: str | None


def run_task(folder: Path) -> int:
    """Run the task of a folder; return 0, however it ended."""
    task = read_json(folder / TASK)
    monitor = Monitor(task, folder / LOG)
    signal.signal(signal.SIGTERM, _stopper(monitor))
    adopt_orphans()
    write_json(folder / RUNNER, {"pid": os.getpid()})
    started = time.time()
    end = _execute(task, folder, monitor)
    # the clock of the day can be set while a task runs
    seconds = time.monotonic() - monitor.began
    cpu = max(monitor.cpu, _cpu_of_children())
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
                "memory": monitor.memory,
            },
        },
    )
    return 0


def iso_time(seconds: float) -> str:
    """Return a time since 1970 as ISO 8601, in UTC."""
    moment = datetime.fromtimestamp(seconds, timezone.utc)  # noqa: UP017 - Python 3.9
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _stopper(monitor: Monitor) -> Callable[[int, FrameType | None], None]:
    """Return a signal handler that stops the task."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        monitor.stop()

    return stop


def _execute(task: dict[str, Any], folder: Path, monitor: Monitor) -> _End:
    """Run the command; return how it ended."""
    with (folder / LOG).open("ab", buffering=0) as log:
        try:
            process = _start(task)
        except OSError as error:
            program = task["arguments"][0]
            return _End(None, f"{program} could not be started: {error.strerror}.")
        prefer_as_victim(process.pid)
        copier = _copy_log(process, log, monitor)
        code = _watch(process.pid, monitor)
        process.returncode = code
        _stop_rest(process.pid, task, 0 if monitor.is_urgent else task["grace"])
        # a process that could not be stopped may keep the pipe open
        copier.join(_LOG_TIMEOUT)
    # a command that ended well was not stopped: the signal came afterwards
    stopped = None if code == 0 else monitor.reason
    reason = stopped or monitor.check_size()
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
    process: subprocess.Popen[bytes], log: BinaryIO, monitor: Monitor
) -> threading.Thread:
    """Start a thread that copies what the command prints."""
    sizes = [monitor.limits.get(name) for name in ("log", "output")]
    writer = LogWriter(log, min((size for size in sizes if size), default=None))
    copier = threading.Thread(target=writer.copy, args=(process.stdout,), daemon=True)
    copier.start()
    return copier


def _watch(pid: int, monitor: Monitor) -> int | None:
    """Return the exit code of the command, None if it has to be stopped."""
    while True:
        code = reap(pid)
        if code is not None or monitor.check() is not None:
            return code
        time.sleep(INTERVAL)


def _stop_rest(pid: int, task: dict[str, Any], grace: float) -> None:
    """Stop what is left of a task, including programs in the background."""
    if task["stop"]:
        run_quietly(task["stop"])
    if not has_proc():
        stop_group(pid, grace)
        return

    def find() -> list[Process]:
        reap(pid)
        return descendants(os.getpid())

    stop_all(find, grace)
    reap(pid)


def _end_of(code: int | None) -> _End:
    """Return how a command ended; the exit code after a signal is that of shells."""
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
