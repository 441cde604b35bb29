"""The marks of axes are round."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from registry.runs.quantities import DURATION, START_TIME, annotation_quantity
from registry.runs.ticks import axis_of

SCORE = annotation_quantity("score")


def _texts(values: list[float]) -> list[str]:
    return [text for _, text in axis_of(SCORE, values).ticks]


@pytest.mark.parametrize(
    "values, texts",
    [
        ([0.013, 0.92], "0 0.2 0.4 0.6 0.8 1.0"),
        ([45, 85], "40 50 60 70 80 90"),
        ([-3, 11], "-5 0 5 10 15"),
        ([123_456, 123_999], "123,400 123,500 123,600 123,700 123,800 123,900 124,000"),
        ([3e-7, 9e-7], "3.0e-7 4.0e-7 5.0e-7 6.0e-7 7.0e-7 8.0e-7 9.0e-7"),
    ],
)
def test_numbers_are_round(values: list[float], texts: str) -> None:
    assert " ".join(_texts(values)) == texts


def test_all_values_are_on_the_axis() -> None:
    for values in ([0.1, 0.7], [-1.7e308, 1.7e308], [5.0, 5.0], [0.0], [1e308] * 2):
        axis = axis_of(SCORE, values)
        assert all(0 <= axis.fraction(value) <= 1 for value in values)
        assert len(axis.ticks) >= 2


@pytest.mark.parametrize(
    "ends, texts",
    [
        ((2020, 2024), "2020-01-01 2021-01-01 2022-01-01 2023-01-01 2024-01-01"),
        (
            (1970, 2024),
            "1970-01-01 1980-01-01 1990-01-01 2000-01-01 2010-01-01 2020-01-01",
        ),
    ],
)
def test_moments_are_beginnings_of_years(ends: tuple[int, int], texts: str) -> None:
    values = [datetime(year, 1, 1, tzinfo=UTC).timestamp() for year in ends]
    found = [text for _, text in axis_of(START_TIME, values).ticks]
    assert " ".join(found) == texts


@pytest.mark.parametrize("seconds", [10, 4000, 400_000, 4_000_000, 40_000_000])
def test_an_axis_of_moments_has_a_few_marks(seconds: int) -> None:
    axis = axis_of(START_TIME, [1.7e9, 1.7e9 + seconds])
    assert 3 <= len(axis.ticks) <= 12
    assert len({text for _, text in axis.ticks}) == len(axis.ticks)


def test_durations_are_in_the_unit_that_they_need() -> None:
    assert axis_of(DURATION, [3, 5]).label == "duration in seconds"
    axis = axis_of(DURATION, [0, 10 * 3600])
    assert axis.label == "duration in hours"
    assert [text for _, text in axis.ticks] == ["0", "2", "4", "6", "8", "10"]
    assert axis.ticks[1][0] == 2 * 3600
