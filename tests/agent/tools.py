"""What tests of the agent start and look at: agents, repositories, processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from registry.agent.processes import PROC, all_processes, descendants, send
from registry.execution.agent_archive import agent_archive
from tests.agent import wire

#: How long a test waits for something to happen, in seconds, before it fails.
TIMEOUT = 30.0


def wait_until(condition: Callable[[], object], what: str = "it") -> None:
    """Wait until something holds, which fails after a long time."""
    end = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < end, f"{what} did not happen"
        time.sleep(0.01)


class Agents:
    """Starts agents as people do, with the one file."""

    def __init__(self, folder: Path, registry: wire.Registry) -> None:
        self.folder, self.registry = folder, registry
        self.archive = folder / "registry-agent.pyz"
        self.archive.write_bytes(agent_archive())
        self.home = folder / "agent"
        self.python = sys.executable
        self.messages = folder / "messages.txt"
        self._started: list[subprocess.Popen[bytes]] = []

    def start(
        self, *options: str, name: str = "one", token: str = wire.TOKEN
    ) -> subprocess.Popen[bytes]:
        words = [
            *(self.python, str(self.archive), "--registry", self.registry.url),
            *("--backend", "cluster", "--folder", str(self.home), "--name", name),
            *("--poll", "0.1", "--slots", "2", *options),
        ]
        with self.messages.open("ab") as messages:
            agent = subprocess.Popen(
                words,
                cwd=self.folder,
                env={**os.environ, "REGISTRY_TOKEN": token},
                stdin=subprocess.DEVNULL,
                stdout=messages,
                stderr=messages,
            )
        self._started.append(agent)
        return agent

    def run_once(self, *options: str, token: str = wire.TOKEN) -> int:
        """Do all that there is to do; return the exit code."""
        return self.start("--once", *options, token=token).wait(TIMEOUT)

    def said(self) -> str:
        return self.messages.read_text()

    def outputs_of(self, lease: str) -> Path:
        return self.home / "outputs" / "request" / lease

    def processes(self) -> dict[int, str]:
        """Return the agents and runners that are alive, with their arguments."""
        found = {one.pid: _arguments(one.pid) for one in all_processes()}
        own = str(self.archive)
        return {pid: words for pid, words in found.items() if own in words}

    def kill_all(self) -> None:
        for agent in self._started:
            agent.kill()
            agent.wait()
        pids = self.processes()
        for process in descendants(*pids):
            send(process.pid, signal.SIGKILL)
        for pid in pids:
            send(pid, signal.SIGKILL)


def _arguments(pid: int) -> str:
    try:
        return (PROC / str(pid) / "cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


class Repository:
    """A repository of git with one commit."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *words: str) -> str:
        identity = ("-c", "user.name=A", "-c", "user.email=a@example.org")
        done = subprocess.run(
            ["git", *identity, *words],
            cwd=self.folder,
            env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull},
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    def commit(self, **files: str) -> str:
        """Commit files, whose names have a `__` for each slash; return the commit."""
        for name, text in files.items():
            path = self.folder / name.replace("__", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message=A commit")
        return self.git("rev-parse", "HEAD")


def shell(script: str) -> list[str]:
    """Return the command of a task that runs a script."""
    return ["sh", "-c", script]


def output(pattern: str, level: str = "minimally_sensitive") -> dict[str, Any]:
    """Return an output as a task declares it."""
    return {"level": level, "name": "table", "pattern": pattern}


#: A task with one output, which is uploaded.
RESULT = {"outputs": [output("result.csv")], "leaving": ["minimally_sensitive"]}


def report(registry: wire.Registry, lease: str) -> dict[str, Any]:
    """Return the report of a task."""
    found = registry.report_of(lease)
    assert found is not None, "the task was not reported"
    return found


def is_alive(pid: str) -> bool:
    """Return whether a process runs."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state not in "ZX"


class Gate:
    """A command that runs until a test lets it end, and notes both moments."""

    def __init__(self, folder: Path, name: str = "gate") -> None:
        self._open, self.notes = folder / f"{name}-open", folder / f"{name}-notes"
        self.command = shell(
            f"echo $$ >> {self.notes}; while [ ! -e {self._open} ]; do sleep 0.02; "
            f"done; echo end >> {self.notes}; echo result > result.csv"
        )

    def has_begun(self) -> bool:
        return self.notes.exists() and self.notes.read_text() != ""

    def open(self) -> None:
        self._open.touch()

    def pid(self) -> str:
        return self.notes.read_text().split()[0]

    def count(self) -> int:
        """Return how often the command came to its end."""
        return self.notes.read_text().split().count("end")
