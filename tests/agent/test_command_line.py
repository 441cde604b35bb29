"""An agent says what is wrong with its options, its name and its token."""

from __future__ import annotations

import pytest

from tests.agent.tools import Agents, wait_until
from tests.agent.wire import TOKEN, Registry

pytestmark = [pytest.mark.once, pytest.mark.live]


def test_two_agents_cannot_have_one_name(agents: Agents, registry: Registry) -> None:
    agent = agents.start()
    wait_until(lambda: registry.received)

    assert agents.run_once() == 2

    assert "Another agent is called one" in agents.said()
    assert agent.poll() is None


@pytest.mark.parametrize("name", ["../one", "", "a b"])
def test_a_name_is_no_path(agents: Agents, name: str) -> None:
    assert agents.start("--once", name=name).wait() == 2
    assert "is not a name" in agents.said()


def test_a_folder_that_cannot_be_made_is_named(agents: Agents) -> None:
    agents.home.write_text("a file")
    assert agents.run_once() == 2
    assert f"'{agents.home}" in agents.said()
    assert "Traceback" not in agents.said()


def test_an_agent_says_that_processes_are_no_sandbox(agents: Agents) -> None:
    assert agents.run_once() == 0
    assert "That is no sandbox" in agents.said()


@pytest.mark.parametrize(
    "token, message",
    [
        ("", "Give a token"),
        ("two words", "The token is empty, or has spaces"),
        ("wrong", "The registry refuses this agent: 403"),
    ],
)
def test_an_agent_without_a_valid_token_ends(
    agents: Agents, token: str, message: str
) -> None:
    assert agents.run_once(token=token) in {1, 2}
    assert message in agents.said()
    assert "two words" not in agents.said()


def test_the_token_can_be_in_a_file(agents: Agents, registry: Registry) -> None:
    file = agents.folder / "token"
    file.write_text(TOKEN + "\n")
    file.chmod(0o644)

    assert agents.run_once("--token-file", str(file), token="") == 0
    assert "use chmod 600" in agents.said()
    assert agents.run_once("--token-file", str(file) + "-not", token="") == 2
    assert "The token file cannot be read" in agents.said()


@pytest.mark.parametrize("address", ["ftp://host/", "file:///etc", "host", "//host/x"])
def test_a_registry_has_an_address_of_the_web(agents: Agents, address: str) -> None:
    assert agents.start("--once", "--registry", address).wait() == 2
    assert "is no address that begins with https://" in agents.said()
