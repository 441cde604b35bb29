"""Registries, agents and repositories that work together, for tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from registry.execution.agent_archive import agent_archive
from tests.plugins.databases import PATIENCE
from tests.plugins.server import LiveRegistry, end_with_parent

#: The variables of git that make a commit the same everywhere.
_GIT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    **{
        f"GIT_{role}_{name}": value
        for role in ("AUTHOR", "COMMITTER")
        for name, value in (("NAME", "Ada"), ("EMAIL", "ada@lab.example"))
    },
}


def make_repository(folder: Path, files: Mapping[str, str]) -> str:
    """Make a repository with these files in one commit, and return the commit."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    if not (folder / ".git").exists():
        git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message=a change")
    return git(folder, "rev-parse", "HEAD")


def git(folder: Path, *arguments: str) -> str:
    """Run git in a repository, and return what it prints."""
    done = subprocess.run(
        ["git", *arguments],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), **_GIT},
        capture_output=True,
        check=True,
        text=True,
    )
    return done.stdout.strip()


@dataclass
class Desk:
    """Somebody who sends requests to a registry, and reads its answers."""

    registry: LiveRegistry
    token: str

    def send(self, method: str, path: str, body: Any = None) -> Any:
        """Send JSON to an address or a path below the API; return JSON."""
        status, answer = self.try_to(method, path, body)
        assert status < 400, (method, path, status, answer)
        return answer

    def try_to(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Send JSON, and return the status with the JSON of the answer."""
        url = path if path.startswith("http") else f"{self.registry.url}/api/{path}"
        request = urllib.request.Request(
            url,
            data=None if body is None else json.dumps(body).encode(),
            method=method,
            headers={
                "Authorization": f"token {self.token}",
                "Content-Type": "application/json",
                "Accept": "application/json",
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"null")

    def all(self, path: str) -> list[Any]:
        """Return all records of a list."""
        found = []
        following: str | None = path
        while following:
            page = self.send("GET", following)
            found += page["results"]
            following = page["next"]
        return found


def wait_for(is_true: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
    """Wait until something holds, and return it; fail after so many seconds."""
    deadline = time.monotonic() + seconds
    while True:
        found = is_true()
        if found:
            return found
        if time.monotonic() > deadline:
            pytest.fail(f"{what}: not after {seconds} seconds")
        time.sleep(0.2)


@dataclass
class Site:
    """A backend of a registry, and the agents that do its work."""

    registry: LiveRegistry
    folder: Path
    slug: str = "cluster"
    desk: Desk = field(init=False)
    agents: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Register the backend, with an account for its executors."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "agent.pyz").write_bytes(agent_archive())
        self.desk = Desk(self.registry, self.registry.token())
        self.registry.user("executor", "an-executor's-password-1978")
        (self.folder / "token").write_text(self.registry.token("executor"))
        backend = self.desk.send(
            "POST",
            "backend/",
            {
                "slug": self.slug,
                "name": "A cluster",
                "log_readers": "all",
                "leaving": ["moderately_sensitive", "minimally_sensitive"],
            },
        )
        grant = {"backend": backend["url"], "user": "executor", "use": "execute"}
        self.desk.send("POST", "backend_grant/", grant)

    def start_agent(self, name: str = "one", *options: str) -> subprocess.Popen[bytes]:
        """Start an agent, or start it again after its end."""
        command = [
            *(sys.executable, str(self.folder / "agent.pyz")),
            *("--registry", self.registry.url, "--backend", self.slug),
            *("--token-file", str(self.folder / "token"), "--name", name),
            *("--folder", str(self.folder / "work"), "--ignore-images"),
            *("--allow-local-repositories", *options),
        ]
        with (self.folder / f"{name}.log").open("ab") as log:
            self.agents[name] = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=end_with_parent,  # noqa: PLW1509
            )
        return self.agents[name]

    def stop_agents(self) -> None:
        """Stop all agents, and wait for their ends."""
        for agent in self.agents.values():
            agent.terminate()
        for agent in self.agents.values():
            try:
                agent.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                agent.kill()
                agent.wait()

    def logs(self) -> str:
        """Return what the agents have written."""
        files = sorted(self.folder.glob("*.log"))
        return "\n".join(f"{one.name}:\n{one.read_text()}" for one in files)

    def wait_until(self, request: str, state: str, seconds: float = PATIENCE) -> Any:
        """Wait until a request has a state; return the request."""

        def found() -> Any:
            one = self.desk.send("GET", request)
            return one if one["state"] == state else None

        return wait_for(found, f"{request} {state}\n{self.logs()[-3000:]}", seconds)
