"""An agent offers what this machine has, less what its tasks need."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from registry.agent import machine
from registry.agent.__main__ import main
from registry.agent.offers import Offer

pytestmark = pytest.mark.once

OFFER = Offer("cluster", "host", 3, {"cpu": 4, "memory": 0.3, "time": 24})


def test_what_tasks_need_is_not_offered_again() -> None:
    needs = {"cpu": 1.5, "memory": 0.1, "time": 20, "licences": 1}
    claim = OFFER.claim([{"needs": needs}, {"needs": needs}])
    assert claim["resources"] == {"cpu": 1, "memory": 0.1, "time": 24}
    assert claim["total"] == OFFER.resources
    assert claim["slots"] == 1


def test_nothing_is_offered_below_zero() -> None:
    needs: list[Any] = [{"cpu": 3, "memory": None}, None, {}, {"cpu": 3}]
    claim = OFFER.claim([{"needs": one} for one in needs])
    assert claim["resources"]["cpu"] == 0
    assert claim["slots"] == 0


def test_the_machine_is_measured(tmp_path: Path) -> None:
    assert machine.count_processors() >= 1
    assert machine.memory_in_gb() > 0
    assert machine.free_disk_in_gb(tmp_path / "not" / "there") > 0


@pytest.mark.parametrize(
    "options", [("--slots", "0"), ("--offer", "site"), ("--engine", "other"), ()]
)
def test_a_wrong_command_line_is_refused(options: tuple[str, ...]) -> None:
    required = () if not options else ("--registry", "http://a", "--backend", "b")
    with pytest.raises(SystemExit, match="2"):
        main([*required, *options])
