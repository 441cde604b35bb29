"""Agents and the registry are killed at random, and every task is done once.

The numbers are small in an ordinary run of the tests; `make chaos` takes four agents,
400 tasks and two minutes on each database.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.execution.live.working import Desk, Site, wait_for
from tests.plugins.databases import PATIENCE
from tests.plugins.server import ROOT, LiveRegistry, StartRegistry

pytestmark = [pytest.mark.live, pytest.mark.slow]

SECONDS = float(os.environ.get("CHAOS_SECONDS", "15"))
JOBS = int(os.environ.get("CHAOS_JOBS", "3"))
AGENTS = int(os.environ.get("CHAOS_AGENTS", "2"))
#: So many tasks of a job are beside each other, in so many layers.
WIDTH, LAYERS = 4, 5


class Server:
    """A registry whose processes are all killed and started again."""

    def __init__(self, registry: LiveRegistry) -> None:
        self.registry = registry
        self._process: subprocess.Popen[bytes] | None = None

    def kill(self) -> None:
        """Kill all its processes."""
        if self._process is None:
            os.killpg(os.getpgid(self.registry.pid), signal.SIGKILL)
        else:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def start(self) -> None:
        """Start it again, as `make run` does."""
        with (self.registry.data_dir / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "manage.py", "serve"],
                cwd=ROOT,
                env=self.registry.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def stop(self) -> None:
        """Stop it for good."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGTERM)
            self._process.wait(PATIENCE)


@pytest.fixture
def server(start_registry: StartRegistry) -> Iterator[Server]:
    registry = start_registry(REGISTRY_LEASE_SECONDS="5", REGISTRY_SCHEDULER="1")
    # one that was started by itself, so that all of its processes can be killed
    os.kill(registry.pid, signal.SIGTERM)
    server = Server(registry)
    wait_for(lambda: not _answers(registry), "the first one ends")
    server.start()
    wait_for(lambda: _answers(registry), "the registry")
    yield server
    server.stop()


def _answers(registry: LiveRegistry) -> bool:
    with suppress(OSError):
        return Desk(registry, "").try_to("GET", "backend/")[0] in {200, 401}
    return False


def _tasks() -> list[dict[str, Any]]:
    """Return tasks in layers, each of which needs two of the layer before."""
    tasks = []
    for layer in range(LAYERS):
        for at in range(WIDTH):
            needs = [f"t{layer - 1}-{at}", f"t{layer - 1}-{(at + 1) % WIDTH}"]
            script = f"sleep 0.{1 + at}; echo $JOB_INDEX {layer} {at} > out.txt"
            tasks.append(
                {
                    "name": f"t{layer}-{at}",
                    "command": ["sh", "-c", script],
                    "needs": needs if layer else [],
                    "outputs": [
                        {
                            "name": "out",
                            "level": "minimally_sensitive",
                            "pattern": "out.txt",
                        }
                    ],
                    "requirements": {"cpu": 0.1, "memory": 0.05, "disk": 0.1},
                }
            )
    return tasks


def test_every_task_is_done_once_whoever_is_killed(
    server: Server, tmp_path: Path
) -> None:
    site = Site(server.registry, tmp_path / "site")
    request = site.desk.send(
        "POST",
        "run_request/",
        {
            "description": "Chaos",
            "backend": site.slug,
            "jobs": JOBS,
            "tasks": _tasks(),
            "max_losses": 100,
        },
    )
    names = [f"agent-{number}" for number in range(AGENTS)]
    for name in names:
        site.start_agent(name, "--slots", "4")
    _kill_at_random(server, site, names)
    wait_for(lambda: _answers(server.registry), "the registry")
    site.wait_until(request["url"], "complete", 600)
    site.stop_agents()
    _check(site, request)


def _kill_at_random(server: Server, site: Site, names: list[str]) -> None:
    chance = random.Random(1978)
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        time.sleep(chance.uniform(0.3, 2))
        if chance.random() < 0.25:
            server.kill()
            time.sleep(chance.uniform(0, 2))
            server.start()
        else:
            name = chance.choice(names)
            site.agents[name].kill()
            site.agents[name].wait()
            time.sleep(chance.uniform(0, 1))
            site.start_agent(name, "--slots", "4")


def _check(site: Site, request: Any) -> None:
    """Check the record: each task done once, no lease open, numbers that are right."""
    pk = request["url"].split("/")[-2]
    tasks = site.desk.all(f"task/?run_request={pk}&page_size=1000")
    assert len(tasks) == JOBS * WIDTH * LAYERS
    assert Counter(one["state"] for one in tasks) == {"done": len(tasks)}
    assert len({one["code_run"] for one in tasks}) == len(tasks)
    attempts = site.desk.all("attempt/?page_size=1000")
    done = Counter(one["task"] for one in attempts if one["state"] == "done")
    assert done == dict.fromkeys([one["url"] for one in tasks], 1)
    assert [one for one in attempts if one["ended"] is None] == []
    progress = site.desk.send("GET", f"run_request/{pk}/progress/")
    assert progress["by_state"] == {"done": len(tasks)}
    runs = site.desk.all("code_run/?page_size=1000")
    assert len(runs) == len(tasks)
    assert site.registry.manage("recount") == ""
