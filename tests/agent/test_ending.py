"""An agent ends at a signal or without a valid token, and loses no finished task."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from registry.agent.agent import Agent, Settings
from registry.agent.assignment import Assignment
from registry.agent.client import Client, Refused
from registry.agent.engines import Engine
from registry.agent.offers import Offer
from registry.agent.place import Place
from tests.agent.tools import (
    RESULT,
    TIMEOUT,
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

    assert agent.wait(TIMEOUT) == 0

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

    assert agent.wait(TIMEOUT) == 0

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
    assert agent.wait(TIMEOUT) == 0
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

    assert agent.wait(TIMEOUT) == 1

    assert "The registry refuses this agent: 403" in agents.said()
    assert "The token was revoked." in agents.said()
    assert not is_alive(gate.pid())


def test_a_refusal_in_the_last_moment_is_noticed(tmp_path: Path) -> None:
    agent = Agent(
        Client("http://localhost", "token"),
        Place(tmp_path, "one", 0),
        Engine(),
        Offer("cluster", "one", 1, {}),
        Settings(is_once=True),
    )

    def ends_refused() -> bool:
        agent._assignments.refuse(Refused(403, "Forbidden"))
        return False

    agent._claims.is_alive = ends_refused  # type: ignore[method-assign]
    assert agent._watch() == 1


def test_a_refusal_of_a_task_that_is_handed_back_is_noticed(
    registry: Registry, tmp_path: Path
) -> None:
    place = Place(tmp_path, "one", 0)
    Assignment.write({"lease": "a", "command": ["true"]}, place)
    client = Client(registry.url, "wrong")
    assignment = Assignment(place.tasks / "a", place, client, Engine())
    assignment.hand_back("The agent was stopped.")

    assignment.do()

    assert assignment.refusal is not None
    assert assignment.refusal.is_of_token


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
