"""Results of the benchmark are compared with their aims."""

from __future__ import annotations

import pytest

from bench.aims import (
    Aim,
    MaxDifference,
    MaxRatio,
    MaxTime,
    MaxTimes,
    MinSpeedup,
    Result,
)

pytestmark = pytest.mark.once

EARLIER = {"one": Result("one", milliseconds=10.0, floor=1.0, statements=3)}


@pytest.mark.parametrize(
    "aim, milliseconds, is_met",
    [
        (MaxRatio(4), 4.0, True),
        (MaxRatio(4), 4.1, False),
        (MaxDifference(3), 4.0, True),
        (MaxDifference(3), 4.1, False),
        (MinSpeedup("one"), 9.9, True),
        (MinSpeedup("one"), 10.1, False),
        (MinSpeedup("one", 20), 0.5, True),
        (MinSpeedup("one", 20), 0.6, False),
        (MaxTimes("one", 2), 20.0, True),
        (MaxTimes("one", 2), 20.1, False),
        (MaxTime(15), 15.0, True),
        (MaxTime(15), 15.1, False),
    ],
)
def test_an_aim_is_met_up_to_its_limit(
    aim: Aim, milliseconds: float, is_met: bool
) -> None:
    result = Result("this", milliseconds, floor=1.0, statements=3)
    assert aim.is_met(result, EARLIER) is is_met


@pytest.mark.parametrize("aim", [MaxRatio(4), MaxDifference(3)])
def test_an_aim_relative_to_a_missing_floor_is_not_met(aim: Aim) -> None:
    result = Result("this", milliseconds=0.1, floor=None, statements=0)
    assert not aim.is_met(result, EARLIER)
