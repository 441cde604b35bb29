"""What a plot shows, in words and numbers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from registry.runs.quantities import Scale
from registry.runs.ticks import unit_of

if TYPE_CHECKING:
    from datetime import timedelta

    from registry.runs.quantities import Points, Quantity


def spelled_value(quantity: Quantity, value: float) -> str:
    """Return a value of a quantity as text."""
    match quantity.scale:
        case Scale.NUMBER | Scale.PARAMETER:
            return f"{value:.10g}"
        case Scale.MOMENT:
            moment = datetime.fromtimestamp(value, UTC)
            return f"{moment:%Y-%m-%d %H:%M} UTC"
        case Scale.SECONDS:
            return spelled_seconds(value)


def spelled_seconds(seconds: float) -> str:
    """Return a duration as text, in one unit."""
    size, unit = unit_of(seconds)
    number = f"{seconds / size:.4g}"
    return f"{number} {unit.removesuffix('s') if number == '1' else unit}"


def rounded_duration(duration: timedelta) -> str:
    """Return a duration as text in one unit, rounded to four digits."""
    return spelled_seconds(duration.total_seconds())


def describe_points(points: Points) -> Iterator[str]:
    """Yield sentences about points: how many, where, and how they go together."""
    shown = len(points.points)
    if points.left_out:
        yield (
            f"{shown:,} of {points.count:,} runs with both numbers, the newest; "
            f"{points.left_out:,} are left out."
        )
    else:
        yield f"{shown:,} run{'' if shown == 1 else 's'} with both numbers."
    if not shown:
        return
    for quantity, values in (
        (points.x, [one.x for one in points.points]),
        (points.y, [one.y for one in points.points]),
    ):
        low, high = (spelled_value(quantity, end(values)) for end in (min, max))
        yield f"{quantity.label}: {low}{'' if low == high else f' to {high}'}."
    coefficient = points.correlation
    if coefficient is None:
        yield "They have no correlation coefficient."
    else:
        yield f"Correlation coefficient (Pearson): {coefficient:.3f}."
