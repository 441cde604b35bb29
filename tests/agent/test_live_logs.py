"""The log of a task is sent while it runs, and its end with the report."""

from __future__ import annotations

from typing import Any

import pytest

from tests.agent.tools import Agents, shell, wait_until
from tests.agent.wire import Registry

pytestmark = [pytest.mark.once, pytest.mark.live]


def test_the_log_is_sent_while_the_task_runs(
    agents: Agents, registry: Registry
) -> None:
    go_on = agents.folder / "go-on"
    script = f"echo bonjour é; while [ ! -e {go_on} ]; do sleep 0.02; done; echo end"
    lease = registry.add_task(shell(script))
    agent = agents.start("--once", "--slots", "1")

    wait_until(lambda: registry.logs.get(lease) == "bonjour é\n".encode())
    assert registry.report_of(lease) is None
    before = len(registry.received)
    wait_until(lambda: len(registry.received) >= before + 2)
    # what the registry has received is not sent again
    assert len(beats_with_log(registry)) == 1
    go_on.touch()
    agent.wait()

    assert registry.logs[lease] == "bonjour é\nend\n".encode()
    assert registry.stages[lease][0] == "preparing"
    assert "running" in registry.stages[lease]


def beats_with_log(registry: Registry) -> list[Any]:
    found = [one for one in registry.received if one.path == "/api/attempt/heartbeat/"]
    return [one for one in found if one.json()["attempts"][0]["log"]["text"]]


def test_of_a_long_log_the_end_is_sent(agents: Agents, registry: Registry) -> None:
    script = "i=0; while [ $i -lt 40000 ]; do echo line $i; i=$((i+1)); done"
    lease = registry.add_task(shell(script))

    agents.run_once()

    assert registry.logs[lease].endswith(b"line 39998\nline 39999\n")
    whole = (agents.outputs_of(lease) / "metadata" / "log.txt").read_text()
    assert whole.count("\n") == 40000
