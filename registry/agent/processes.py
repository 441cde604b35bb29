"""Find the processes of a task, measure them, and stop all of them.

A task can start programs that leave its process group and its session. On Linux, the
runner of a task is the "subreaper" of all that it started (prctl(2)): a process that
loses its parent becomes a child of the runner, and so stays within its tree. Elsewhere,
a task is its process group.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

PROC = Path("/proc")
_SET_DUMPABLE, _SET_CHILD_SUBREAPER = 4, 36
#: Seconds between two checks of processes that were told to stop.
_INTERVAL = 0.02
#: Seconds after which a process that survives SIGKILL is left alone.
_KILL_TIMEOUT = 30.0
#: Seconds that a program can take that only helps to stop a task.
_PROGRAM_TIMEOUT = 60.0


class Process(NamedTuple):
    """A process as Linux describes it; ``rss`` is in bytes, ``cpu`` in seconds."""

    pid: int
    parent: int
    state: str
    cpu: float
    rss: int


def has_proc() -> bool:
    """Return whether this system has ``/proc``, as Linux does."""
    return (PROC / "self" / "stat").exists()


def adopt_orphans() -> bool:
    """Become the parent of descendants that lose theirs; return whether it worked."""
    return _prctl(_SET_CHILD_SUBREAPER, 1)


def hide_memory() -> bool:
    """Keep other processes of this account from reading the memory of this one.

    They could find the token there. Return whether it worked.
    """
    return _prctl(_SET_DUMPABLE, 0)


def _prctl(option: int, value: int) -> bool:
    try:
        library = ctypes.CDLL(None, use_errno=True)
        return bool(library.prctl(option, value, 0, 0, 0) == 0)
    except (OSError, AttributeError):
        return False


def read_process(pid: int) -> Process | None:
    """Return a process, None if it has ended."""
    try:
        text = (PROC / str(pid) / "stat").read_text(errors="replace")
    except OSError:
        return None
    # the name is in parentheses and can have any characters
    fields = text.rpartition(")")[2].split()
    ticks, page = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
    cpu = (int(fields[11]) + int(fields[12])) / ticks
    return Process(pid, int(fields[1]), fields[0], cpu, int(fields[21]) * page)


def all_processes() -> Iterator[Process]:
    """Yield all processes of this machine that have not ended."""
    for entry in PROC.iterdir():
        process = read_process(int(entry.name)) if entry.name.isdigit() else None
        if process is not None and process.state not in "ZX":
            yield process


def descendants(*roots: int) -> list[Process]:
    """Return the descendants of processes that have not ended."""
    children: dict[int, list[Process]] = {}
    for process in all_processes():
        children.setdefault(process.parent, []).append(process)
    found: list[Process] = []
    waiting = list(roots)
    while waiting:
        below = children.pop(waiting.pop(), [])
        found += below
        waiting += [process.pid for process in below]
    return found


def with_variable(name: str, value: str) -> list[Process]:
    """Return the processes that were started with a variable, and their descendants.

    They are what is left of a task whose runner was killed.
    """
    wanted = f"{name}={value}".encode()
    marked = [one for one in all_processes() if wanted in _variables(one.pid)]
    below = descendants(*(one.pid for one in marked))
    return list({one.pid: one for one in [*marked, *below]}.values())


def _variables(pid: int) -> list[bytes]:
    try:
        return (PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return []


def own_memory(processes: Iterable[Process]) -> int:
    """Return the bytes that processes use; memory that they share counts once.

    The kernel goes through all their pages for it, so call this rarely.
    """
    return sum(_share(process) for process in processes)


def _share(process: Process) -> int:
    try:
        text = (PROC / str(process.pid) / "smaps_rollup").read_text()
    except OSError:
        text = ""
    lines = (line.split() for line in text.splitlines())
    found = [int(words[1]) for words in lines if words[0] == "Pss:"]
    if found:
        return found[0] * 1024
    # it has ended meanwhile, or the kernel is older than this file
    now = read_process(process.pid)
    return 0 if now is None else now.rss


def stop_all(find: Callable[[], list[Process]], grace: float) -> None:
    """Stop what ``find`` finds: SIGTERM, and after ``grace`` seconds SIGKILL.

    Return when nothing is left, also of what they start meanwhile. What cannot be
    stopped, such as processes of another account, is left after a while.
    """
    end = time.monotonic() + grace
    told: set[int] = set()
    alive = find()
    while alive and time.monotonic() < end + _KILL_TIMEOUT:
        is_late = time.monotonic() >= end
        for process in alive:
            if is_late or process.pid not in told:
                told.add(process.pid)
                send(process.pid, signal.SIGKILL if is_late else signal.SIGTERM)
        time.sleep(_INTERVAL)
        alive = find()


def stop_group(group: int, grace: float) -> None:
    """Stop a process group, as well as systems without ``/proc`` allow."""
    end = time.monotonic() + grace
    number = signal.SIGTERM
    while True:
        try:
            os.killpg(group, number)
        except (ProcessLookupError, PermissionError):
            return
        time.sleep(_INTERVAL)
        if time.monotonic() >= end:
            number = signal.SIGKILL


def send(pid: int, number: int) -> None:
    """Send a signal to a process, which may have ended or belong to another account."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def reap(pid: int) -> int | None:
    """Reap all children that have ended; return the exit code of one of them.

    None means that it is not among them. A negative code is the number of a signal.
    """
    code = None
    while True:
        try:
            child, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return code
        if child == 0:
            return code
        if child == pid:
            code = os.waitstatus_to_exitcode(status)


def run_quietly(arguments: list[str]) -> None:
    """Run a program and ignore what it prints, and whether it works."""
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        subprocess.run(  # noqa: S603 - no shell, and words of ours
            arguments,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PROGRAM_TIMEOUT,
            check=False,
        )


def own_variables(names: Iterable[str]) -> dict[str, str]:
    """Return those of some environment variables that are set."""
    return {name: os.environ[name] for name in names if name in os.environ}


def prefer_as_victim(pid: int) -> None:
    """Ask Linux to kill this process and its children first if memory runs out."""
    with contextlib.suppress(OSError):
        (PROC / str(pid) / "oom_score_adj").write_text("500")
