"""An agent survives lost answers, a registry that is away, and its own end."""

from __future__ import annotations

import random
import signal
from typing import Any

import pytest

from registry.agent.processes import send
from tests.agent import wire
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
from tests.agent.wire import Received, Registry

pytestmark = [pytest.mark.once, pytest.mark.live]


def test_each_kind_of_request_is_repeated_after_a_lost_answer(
    agents: Agents, registry: Registry
) -> None:
    lost: set[str] = set()

    def loses(request: Received) -> bool:
        kind = "/".join(request.path.split("/")[:3])
        is_new = kind not in lost
        lost.add(kind)
        return is_new

    registry.loses = loses
    lease = registry.add_task(
        shell("cat a a > result.csv; echo done"),
        inputs=[{"path": "a", **registry.add_file(b"a")}],
        **RESULT,
    )

    assert agents.run_once() == 0

    assert report(registry, lease)["outcome"] == "done"
    assert registry.logs[lease] == b"done\n"
    assert lost >= {"/api/backend", "/api/attempt", "/api/data"}


def test_a_busy_registry_is_asked_again(agents: Agents, registry: Registry) -> None:
    asked: dict[str, int] = {}

    def instead(request: Received) -> Any:
        asked[request.path] = asked.get(request.path, 0) + 1
        detail = {"detail": "Busy."}
        return (503, detail) if asked[request.path] == 1 else None

    registry.instead = instead
    lease = registry.add_task(shell("echo x > result.csv"), **RESULT)

    assert agents.run_once() == 0
    assert report(registry, lease)["outcome"] == "done"


def test_answers_of_another_form_do_no_harm(
    agents: Agents, registry: Registry, gate: Gate
) -> None:
    lease = registry.add_task(gate.command, **RESULT)
    answers: list[Any] = [None, None, (200, {"stop": [{}]}), (200, {"stop": 7})]
    registry.instead = lambda _request: answers.pop(0) if answers else None
    registry.add_task(["true"], inputs=7)
    registry.add_task(["true"], limits={"seconds": "soon"})
    agent = agents.start("--once", "--slots", "3")
    wait_until(gate.has_begun)
    gate.open()

    assert agent.wait(TIMEOUT) == 0

    assert report(registry, lease)["outcome"] == "done"
    assert len(registry.reports) == 3


def test_a_task_ends_while_the_registry_is_unavailable(
    agents: Agents, registry: Registry, gate: Gate
) -> None:
    lease = registry.add_task(gate.command, **RESULT)
    agent = agents.start("--once")
    wait_until(gate.has_begun)
    before = len(registry.received)
    registry.instead = lambda _request: (503, {"detail": "Away."})
    gate.open()
    wait_until(lambda: len(registry.received) > before + 3)
    assert registry.report_of(lease) is None

    registry.instead = lambda _request: None

    assert agent.wait(TIMEOUT) == 0
    assert report(registry, lease)["outcome"] == "done"
    assert gate.count() == 1


def test_a_registry_can_be_gone_and_come_back_at_its_address(
    agents: Agents, gate: Gate
) -> None:
    registry = wire.Registry()
    server = wire.serve(registry)
    agents.registry = registry
    lease = registry.add_task(gate.command, **RESULT)
    agent = agents.start("--once")
    wait_until(gate.has_begun)
    wire.stop(server)
    gate.open()
    wait_until(lambda: "The tasks go on" in agents.said())

    server = wire.serve(registry, server.server_port)

    assert agent.wait(TIMEOUT) == 0
    assert report(registry, lease)["outcome"] == "done"
    wire.stop(server)


def test_a_task_goes_on_while_its_agent_is_killed(
    agents: Agents, registry: Registry, gate: Gate
) -> None:
    lease = registry.add_task(gate.command, **RESULT)
    agent = agents.start()
    wait_until(gate.has_begun)
    agent.kill()
    agent.wait()
    gate.open()
    wait_until(lambda: not agents.processes())

    assert agents.run_once() == 0

    assert report(registry, lease)["outcome"] == "done"
    assert gate.count() == 1


def test_a_finished_task_is_reported_by_the_next_agent(
    agents: Agents, registry: Registry
) -> None:
    complete = "/api/attempt/complete/"
    registry.loses = lambda request: request.path == complete
    lease = registry.add_task(shell("echo x > result.csv"), **RESULT)
    agent = agents.start()
    wait_until(lambda: registry.reports)
    agent.kill()
    agent.wait()
    registry.loses = lambda _request: False
    before = len(registry.received)

    assert agents.run_once() == 0

    assert report(registry, lease)["outcome"] == "done"
    after = [one.path for one in registry.received[before:]]
    assert complete in after


def test_a_task_whose_lease_ended_while_its_agent_was_gone_is_not_begun(
    agents: Agents, registry: Registry, gate: Gate
) -> None:
    heartbeat = "/api/attempt/heartbeat/"
    registry.instead = lambda request: (503, {}) if request.path == heartbeat else None
    registry.add_task(gate.command)
    agent = agents.start()
    wait_until(lambda: heartbeat in registry.paths())
    agent.kill()
    agent.wait()
    registry.leases.clear()
    registry.instead = lambda _request: None

    assert agents.run_once() == 0

    assert not gate.has_begun()
    assert "The lease has ended." in agents.said()


def test_a_task_whose_runner_was_killed_is_stopped_and_returned(
    agents: Agents, registry: Registry, gate: Gate
) -> None:
    lease = registry.add_task(gate.command, **RESULT)
    agent = agents.start("--once")
    wait_until(gate.has_begun)
    found = agents.processes().items()
    runners = [pid for pid, words in found if "run-task" in words]
    for runner in runners:
        send(runner, signal.SIGKILL)

    assert agent.wait(TIMEOUT) == 0

    assert report(registry, lease)["outcome"] == "returned"
    assert len(runners) == 1
    assert not is_alive(gate.pid())


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_an_agent_that_is_killed_at_any_moment_does_each_task_once(
    agents: Agents, registry: Registry, seed: int
) -> None:
    chance = random.Random(seed)
    notes = agents.folder / "notes"
    notes.mkdir()
    leases = [
        registry.add_task(
            shell(f"echo x >> {notes}/{i}; sleep 0.1; cat a > result.csv; echo log"),
            inputs=[{"path": "a", **registry.add_file(b"%d" % i)}],
            **RESULT,
        )
        for i in range(6)
    ]
    kills = 0
    while len(registry.reports) < len(leases):
        agent = agents.start("--slots", "3")
        before = len(registry.received)
        enough = before + chance.randint(1, 9)
        wait_until(
            lambda limit=enough: (  # type: ignore[misc]
                len(registry.received) >= limit or len(registry.reports) == len(leases)
            )
        )
        agent.kill()
        agent.wait()
        kills += 1

    assert agents.run_once() == 0
    assert {report(registry, lease)["outcome"] for lease in leases} == {"done"}
    assert [path.read_text() for path in sorted(notes.iterdir())] == ["x\n"] * 6
    assert {registry.logs[lease] for lease in leases} == {b"log\n"}
    assert kills > 2
    assert list((agents.home / "agents" / "one" / "tasks").iterdir()) == []
    assert list((agents.home / "agents" / "one" / "trash").iterdir()) == []


def test_a_report_that_the_registry_cannot_read_is_kept(
    agents: Agents, registry: Registry
) -> None:
    registry.instead = lambda request: (
        (400, {"detail": "Too many outputs."}) if b'"outputs"' in request.body else None
    )
    lease = registry.add_task(["true"])

    assert agents.run_once() == 0

    sent = report(registry, lease)
    assert sent["outcome"] == "failed"
    assert "Too many outputs." in sent["error"]
    kept = agents.home / "agents" / "one" / "unsent" / f"{lease}.json"
    assert "Too many outputs." in kept.read_text()


def test_a_quota_that_is_used_up_fails_the_task(
    agents: Agents, registry: Registry
) -> None:
    registry.instead = lambda request: (
        (413, {"detail": "Your quota is used up."}) if request.method == "PUT" else None
    )
    lease = registry.add_task(shell("echo x > result.csv"), **RESULT)

    agents.run_once()

    sent = report(registry, lease)
    assert (sent["outcome"], sent["exit_code"]) == ("failed", 0)
    assert "result.csv was not accepted: 413" in sent["error"]
    assert "Your quota is used up." in sent["error"]
    assert (agents.outputs_of(lease) / "result.csv").exists()
