"""The marks of an axis: round numbers, dates and durations.

Steps between numbers are 1, 2 or 5 times a power of ten, as in P. S. Heckbert, "Nice
numbers for graph labels", Graphics Gems (1990).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from registry.runs.quantities import Quantity, Scale

#: About so many marks are on an axis.
TARGET = 6

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
#: Steps between moments, in seconds, up to days; months and years follow.
_MOMENT_STEPS = (
    *(1, 5, 15, 30, _MINUTE, 5 * _MINUTE, 15 * _MINUTE, 30 * _MINUTE),
    *(_HOUR, 3 * _HOUR, 6 * _HOUR, 12 * _HOUR),
    *(_DAY, 2 * _DAY, 7 * _DAY, 14 * _DAY),
)
_MONTH_STEPS = (1, 2, 3, 6)
#: Units of durations, in seconds, with their names.
_UNITS = ((_DAY, "days"), (_HOUR, "hours"), (_MINUTE, "minutes"), (1, "seconds"))


@dataclass(frozen=True)
class Axis:
    """An axis from ``low`` to ``high``, with its name, and its marks with texts."""

    label: str
    low: float
    high: float
    ticks: Sequence[tuple[float, str]]

    def fraction(self, value: float) -> float:
        """Return where a value is: 0 at the beginning of the axis, 1 at its end.

        Halves do not overflow, however far apart the ends are.
        """
        low, high = self.low / 2, self.high / 2
        return 0.5 if high == low else (value / 2 - low) / (high - low)


def axis_of(quantity: Quantity, values: Sequence[float]) -> Axis:
    """Return an axis on which all of these values are; it has round ends."""
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    match quantity.scale:
        case Scale.NUMBER | Scale.PARAMETER:
            return _number_axis(quantity.label, low, high, 1)
        case Scale.MOMENT:
            return _moment_axis(f"{quantity.label} (UTC)", low, high)
        case Scale.SECONDS:
            size, unit = unit_of(high)
            return _number_axis(f"{quantity.label} in {unit}", low, high, size)


def unit_of(most: float) -> tuple[int, str]:
    """Return the unit for durations up to this: its seconds and its name."""
    return next(one for one in _UNITS if most >= 2 * one[0] or one[0] == 1)


def _number_axis(label: str, low: float, high: float, unit: int) -> Axis:
    """Return an axis of numbers, or of seconds in a larger unit."""
    low, high = _apart(low / unit, high / unit)
    step = _nice_step(low, high)
    if not step:
        marks = [(one * unit, f"{one:g}") for one in (low, high)]
        return Axis(label, low * unit, high * unit, marks)
    first, last = math.floor(low / step), math.ceil(high / step)
    if not math.isfinite(first * step) or not math.isfinite(last * step):
        return Axis(label, low, high, [(one, f"{one:g}") for one in (low, high)])
    marks = [
        (number * step * unit, _spelled(number * step, step))
        for number in range(first, last + 1)
    ]
    return Axis(label, marks[0][0], marks[-1][0], marks)


def _apart(low: float, high: float) -> tuple[float, float]:
    """Return ends that are apart, and can be told apart."""
    if high > low and high / 2 - low / 2 > abs(high) * 1e-12:
        return low, high
    width = abs(low) * 0.1 or 0.5
    ends = low - width, high + width
    return ends if all(map(math.isfinite, ends)) else (low / 2, high)


def _nice_step(low: float, high: float) -> float:
    """Return the round step between marks; 0 if floats have none so small or large."""
    raw = (high / TARGET) - (low / TARGET)
    if not math.isfinite(raw) or raw < 1e-300:
        return 0.0
    power = 10.0 ** math.floor(math.log10(raw))
    return next(one * power for one in (1, 2, 5, 10) if one * power >= raw * 0.999)


def _spelled(value: float, step: float) -> str:
    """Return a mark as text, with as many digits as its neighbours need."""
    if value == 0:
        return "0"
    if not 1e-4 <= abs(value) < 1e7:
        digits = max(0, math.ceil(math.log10(abs(value) / step)))
        return f"{value:.{min(digits, 15)}e}".replace("e-0", "e-").replace("e+0", "e")
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    return f"{value:,.{decimals}f}"


def _moment_axis(label: str, low: float, high: float) -> Axis:
    if high == low:
        low, high = low - _HOUR, high + _HOUR
    width = (high - low) / TARGET
    step = next((one for one in _MOMENT_STEPS if one >= width * 0.8), None)
    marks = _steps(low, high, step) if step else [*_month_marks(low, high, width)]
    texts = _texts_of(marks, step or 31 * _DAY)
    padding = (high - low) * 0.02
    return Axis(label, low - padding, high + padding, [*zip(marks, texts, strict=True)])


def _steps(low: float, high: float, step: int) -> list[float]:
    return [one * step for one in range(math.ceil(low / step), int(high // step) + 1)]


def _month_marks(low: float, high: float, width: float) -> Iterator[float]:
    """Yield the beginnings of months, or of years, that are so far apart."""
    months = width / (30.4 * _DAY)
    step = next((one for one in _MONTH_STEPS if one >= months * 0.8), None)
    if step is None:
        step = 12 * max(1, round(_nice_step(0, months / 12 * TARGET)))
    begins = datetime.fromtimestamp(low, UTC)
    number = math.ceil((begins.year * 12 + begins.month - 1) / step) * step
    while number < 9999 * 12:
        moment = datetime(number // 12, number % 12 + 1, 1, tzinfo=UTC).timestamp()
        if moment > high:
            return
        if moment >= low:
            yield moment
        number += step


def _texts_of(marks: Sequence[float], step: int) -> list[str]:
    """Return moments as texts: days, or times of a day with its date."""
    form = "%Y-%m-%d" if step >= _DAY else "%m-%d %H:%M"
    form = "%H:%M:%S" if step < _MINUTE else form
    return [datetime.fromtimestamp(one, UTC).strftime(form) for one in marks]
