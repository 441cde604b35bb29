"""What a measured figure is held against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Result:
    """The medians of one kind of request, in milliseconds, and its statements.

    Of many records in one request, milliseconds are those of one record.
    """

    name: str
    milliseconds: float
    floor: float | None
    statements: int

    @property
    def ratio(self) -> float | None:
        """How many times the floor it takes."""
        return None if self.floor is None else self.milliseconds / self.floor

    @property
    def difference(self) -> float | None:
        """How many milliseconds it takes beyond the floor."""
        return None if self.floor is None else self.milliseconds - self.floor


class Aim(Protocol):
    """A bound on a result, and how to say it."""

    def __str__(self) -> str: ...

    def is_met(self, result: Result, earlier: Mapping[str, Result]) -> bool:
        """Tell whether the result keeps within the bound."""


@dataclass(frozen=True)
class MaxRatio:
    """At most so many times the floor."""

    factor: int

    def __str__(self) -> str:
        return f"≤ {self.factor} times floor"

    def is_met(self, result: Result, earlier: Mapping[str, Result]) -> bool:
        """Compare with the floor of the same kind."""
        return result.ratio is not None and result.ratio <= self.factor


@dataclass(frozen=True)
class MaxDifference:
    """At most so many milliseconds more than the floor."""

    milliseconds: int

    def __str__(self) -> str:
        return f"≤ floor + {self.milliseconds} ms"

    def is_met(self, result: Result, earlier: Mapping[str, Result]) -> bool:
        """Compare with the floor of the same kind."""
        return result.difference is not None and (
            result.difference <= self.milliseconds
        )


@dataclass(frozen=True)
class MinSpeedup:
    """So many times as fast as an earlier kind of request."""

    than: str
    factor: int = 1

    def __str__(self) -> str:
        if self.factor == 1:
            return f"faster than {self.than}"
        return f"{self.factor} times as fast as {self.than}"

    def is_met(self, result: Result, earlier: Mapping[str, Result]) -> bool:
        """Compare with the earlier kind."""
        return earlier[self.than].milliseconds / result.milliseconds >= self.factor
