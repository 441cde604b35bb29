"""Results of the benchmark are compared with their aims."""

from __future__ import annotations

import pytest

from bench.aims import Aim, Faster, Result, Times, Within

pytestmark = pytest.mark.once

EARLIER = {"one": Result("one", milliseconds=10.0, floor=1.0, statements=3)}


@pytest.mark.parametrize(
    "aim, milliseconds, is_met",
    [
        (Times(4), 4.0, True),
        (Times(4), 4.1, False),
        (Within(3), 4.0, True),
        (Within(3), 4.1, False),
        (Faster("one"), 9.9, True),
        (Faster("one"), 10.1, False),
        (Faster("one", 20), 0.5, True),
        (Faster("one", 20), 0.6, False),
    ],
)
def test_an_aim_is_met_up_to_its_limit(
    aim: Aim, milliseconds: float, is_met: bool
) -> None:
    result = Result("this", milliseconds, floor=1.0, statements=3)
    assert aim.is_met(result, EARLIER) is is_met


@pytest.mark.parametrize("aim", [Times(4), Within(3)])
def test_an_aim_relative_to_a_missing_floor_is_not_met(aim: Aim) -> None:
    result = Result("this", milliseconds=0.1, floor=None, statements=0)
    assert not aim.is_met(result, EARLIER)
