"""An agent ends at a signal or without a valid token, and loses no finished task."""

from __future__ import annotations

import signal

import pytest

from tests.agent.tools import (
    PATIENCE,
    RESULT,
    Agents,
    Gate,
    is_alive,
    report,
    shell,
    wait_until,
)
from tests.agent.wire import Registry

pytestmark = [pytest.mark.once, pytest.mark.live]


def test_sigterm_lets_a_task_finish(
    agents: Agents, registry: Registry, gate: Gate
) -> None:
    lease = registry.add_task(gate.command, **RESULT)
    agent = agents.start("--grace", "600")
    wait_until(gate.has_begun)
    registry.add_task(["true"])
    agent.send_signal(signal.SIGTERM)
    gate.open()

    assert agent.wait(PATIENCE) == 0

    assert report(registry, lease)["outcome"] == "done"
    assert len(registry.reports) + len(registry.ready) == 2


@pytest.mark.parametrize(
    "grace, signals", [("11", 1), ("600", 2)], ids=["late", "a second signal"]
)
def test_sigterm_hands_back_what_cannot_finish(
    agents: Agents, registry: Registry, gate: Gate, grace: str, signals: int
) -> None:
    lease = registry.add_task(gate.command, **RESULT)
    agent = agents.start("--grace", grace)
    wait_until(gate.has_begun)
    agent.send_signal(signal.SIGTERM)
    if signals == 2:
        wait_until(lambda: "This agent ends" in agents.said())
        agent.send_signal(signal.SIGTERM)

    assert agent.wait(PATIENCE) == 0

    sent = report(registry, lease)
    assert (sent["outcome"], sent["error"]) == ("returned", "Its executor was stopped.")
    assert not is_alive(gate.pid())


def test_a_task_that_has_ended_is_not_handed_back(
    agents: Agents, registry: Registry, gate: Gate
) -> None:
    registry.instead = lambda request: (503, {}) if request.method == "PUT" else None
    lease = registry.add_task(gate.command, **RESULT)
    gate.open()
    agent = agents.start("--grace", "1")
    wait_until(lambda: any(one.method == "PUT" for one in registry.received))
    agent.send_signal(signal.SIGTERM)
    assert agent.wait(PATIENCE) == 0
    assert registry.reports == []
    registry.instead = lambda _request: None

    assert agents.run_once() == 0

    assert report(registry, lease)["outcome"] == "done"
    assert gate.count() == 1


def test_an_agent_whose_token_was_revoked_stops_its_tasks_and_ends(
    agents: Agents, registry: Registry, gate: Gate
) -> None:
    registry.add_task(gate.command, **RESULT)
    agent = agents.start()
    wait_until(gate.has_begun)
    registry.instead = lambda _request: (403, {"detail": "The token was revoked."})

    assert agent.wait(PATIENCE) == 1

    assert "The registry refuses this agent: 403" in agents.said()
    assert "The token was revoked." in agents.said()
    assert not is_alive(gate.pid())


def test_a_finished_task_waits_for_an_agent_with_a_valid_token(
    agents: Agents, registry: Registry
) -> None:
    registry.instead = lambda request: (
        (403, {}) if request.path == "/api/attempt/complete/" else None
    )
    lease = registry.add_task(shell("echo x > result.csv"), **RESULT)
    assert agents.run_once() == 1
    registry.instead = lambda _request: None

    assert agents.run_once() == 0

    assert report(registry, lease)["outcome"] == "done"
