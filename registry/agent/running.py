"""Start the runner of a task, wait for it, and stop it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from registry.agent.engines import LEASE_VARIABLE, Command
from registry.agent.files import FileLock, read_if_there, write_json
from registry.agent.processes import (
    has_proc,
    run_quietly,
    send,
    stop_all,
    with_variable,
)
from registry.agent.runner import ERRORS, GRACE, LOCK, RESULT, RUNNER, TASK

#: Seconds between two checks of a runner.
_INTERVAL = 0.05
#: Seconds that a runner has to stop its task, before it is killed as well.
_STOP_TIMEOUT = 3 * GRACE


class RunnerLost(Exception):
    """The runner of a task ended without a result: killed, or the machine restarted."""


class Runner:
    """The runner of the task in a folder, which this agent or one before it started."""

    def __init__(self, folder: Path, lease: str) -> None:
        self.folder, self.lease = folder, lease
        self._lock = FileLock(folder / LOCK)
        self._process: subprocess.Popen[bytes] | None = None

    def claim(self) -> bool:
        """Return whether a runner can be started: none is alive, and none was.

        Raises ``RunnerLost`` if there was one that left no result.
        """
        if not self._lock.acquire(wait=False):
            return False
        if not (self.folder / RUNNER).exists():
            return True
        self._lock.release()
        if self.result() is None:
            self._stop_leftovers()
            raise RunnerLost("Its runner was killed, or the machine was restarted.")
        return False

    def release(self) -> None:
        """Release what ``claim`` took."""
        self._lock.release()

    def result(self) -> dict[str, Any] | None:
        """Return how the command ended, or None if it has not ended."""
        return read_if_there(self.folder / RESULT)

    def start(self, command: Command, further: Mapping[str, Any]) -> None:
        """Start the runner; ``claim`` must have returned true."""
        write_json(self.folder / TASK, {**command._asdict(), "grace": GRACE, **further})
        with (self.folder / ERRORS).open("wb") as errors:
            self._process = subprocess.Popen(  # noqa: S603 - this same program
                [*runner_command(), str(self.folder)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                # it goes on when its agent is stopped, and holds the lock meanwhile
                start_new_session=True,
                pass_fds=[self._lock.fileno()],
            )
        self._lock.release()

    def wait(self, is_unwanted: Callable[[], bool]) -> dict[str, Any] | None:
        """Return the result, or None once it is unwanted; raises ``RunnerLost``."""
        while True:
            result = self.result()
            if result is not None:
                self._collect()
                return result
            if is_unwanted():
                return None
            if not self.is_alive():
                return self._last_result()
            time.sleep(_INTERVAL)

    def _last_result(self) -> dict[str, Any]:
        """Return a result that was written just before the runner ended."""
        self._collect()
        result = self.result()
        if result is not None:
            return result
        self._stop_leftovers()
        try:
            said = (self.folder / ERRORS).read_text(errors="replace").strip()
        except FileNotFoundError:
            said = ""
        raise RunnerLost(f"Its runner ended without a result. {said[-1000:]}".strip())

    def is_alive(self) -> bool:
        """Return whether a runner is running."""
        if not self._lock.acquire(wait=False):
            return True
        self._lock.release()
        return False

    def stop(self) -> None:
        """Stop the command and all that it started; return when all is gone."""
        end = time.monotonic() + _STOP_TIMEOUT
        while self.is_alive():
            runner = read_if_there(self.folder / RUNNER)
            if runner is not None:
                is_late = time.monotonic() >= end
                send(runner["pid"], signal.SIGKILL if is_late else signal.SIGTERM)
            time.sleep(_INTERVAL)
        self._collect()
        self._stop_leftovers()

    def _stop_leftovers(self) -> None:
        """Stop what a runner that was killed left behind."""
        task = read_if_there(self.folder / TASK)
        if task is not None and task["stop"]:
            run_quietly(task["stop"])
        if has_proc():
            stop_all(lambda: with_variable(LEASE_VARIABLE, self.lease), GRACE)

    def _collect(self) -> None:
        """Reap the runner, which has ended or is about to."""
        if self._process is not None:
            self._process.wait()


def runner_command() -> list[str]:
    """Return the command that runs a task: this same program."""
    archive = Path(sys.argv[0])
    if archive.is_file() and zipfile.is_zipfile(archive):
        return [sys.executable, str(archive.resolve()), "run-task"]
    return [sys.executable, "-m", "registry.agent", "run-task"]
