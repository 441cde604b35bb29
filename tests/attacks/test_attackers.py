"""Honest clients are served while many attackers of each type attack.

The short form: five times as many attackers as the registry has threads, for a moment.
``make attack`` is the long one, with two hundred of them, and measures.
"""

from __future__ import annotations

import pytest

from attacks.attackers import ATTACKER_TYPES
from attacks.attackers.base import Attacker
from attacks.event_loops import run_coroutine
from attacks.runner import AttackRunner
from attacks.sample_data import SamplePaths
from attacks.target import Target

pytestmark = pytest.mark.xdist_group("attacks")

ATTACKERS = 40
#: Seconds that an honest request may take: that it is answered at all is what counts.
GENEROUS = 10
#: Kinds that keep what uploads and downloads need, so that honest ones are tried too.
TRANSFERS = ("signed PUT", "slow download", "nothing is read")


@pytest.mark.parametrize("kind", ATTACKER_TYPES, ids=lambda kind: kind.name)
def test_honest_clients_are_served_during_attacks(
    kind: Attacker, target: Target, samples: SamplePaths
) -> None:
    runner = AttackRunner(target, samples, ATTACKERS)
    report, outcomes = run_coroutine(
        runner.measure_during(
            kind,
            seconds=1,
            head_start=0.3,
            answer_within=GENEROUS,
            live_within=GENEROUS,
            uploads=any(part in kind.name for part in TRANSFERS),
        )
    )
    assert report.failures == {}
    assert report.milliseconds
    assert report.live_misses == 0
    assert report.upload_failures == {}
    assert sum(outcomes.values()) >= ATTACKERS
