"""Registries, agents and repositories for the tests of the agent: all of them real."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agent import wire
from tests.agent.tools import Agents, Gate, Repository


@pytest.fixture
def registry() -> Iterator[wire.Registry]:
    state = wire.Registry()
    server = wire.serve(state)
    yield state
    wire.stop(server)


@pytest.fixture
def agents(tmp_path: Path, registry: wire.Registry) -> Iterator[Agents]:
    made = Agents(tmp_path, registry)
    yield made
    made.kill_all()


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository")


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    return Gate(tmp_path)
