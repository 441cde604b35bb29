"""Aims: limits with which measured results are compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Result:
    """The medians of one request type in milliseconds, and its number of statements.

    For bulk requests, milliseconds are those of one record.
    """

    name: str
    milliseconds: float
    floor: float | None
    statements: int

    @property
    def ratio(self) -> float | None:
        """The time divided by that of the floor."""
        return None if self.floor is None else self.milliseconds / self.floor

    @property
    def difference(self) -> float | None:
        """The milliseconds above the floor."""
        return None if self.floor is None else self.milliseconds - self.floor


class Aim(Protocol):
    """A limit of a result, and its text in the report."""

    def __str__(self) -> str: ...

    def is_met(self, result: Result, earlier: Mapping[str, Result]) -> bool:
        """Return whether the result is within the limit."""


@dataclass(frozen=True)
class MaxRatio:
    """At most ``factor`` times the floor."""

    factor: int

    def __str__(self) -> str:
        return f"≤ {self.factor} times floor"

    def is_met(self, result: Result, earlier: Mapping[str, Result]) -> bool:
        """Compare with the floor of the same request type."""
        return result.ratio is not None and result.ratio <= self.factor


@dataclass(frozen=True)
class MaxDifference:
    """At most ``milliseconds`` above the floor."""

    milliseconds: int

    def __str__(self) -> str:
        return f"≤ floor + {self.milliseconds} ms"

    def is_met(self, result: Result, earlier: Mapping[str, Result]) -> bool:
        """Compare with the floor of the same request type."""
        return result.difference is not None and (
            result.difference <= self.milliseconds
        )


@dataclass(frozen=True)
class MinSpeedup:
    """``factor`` times as fast as an earlier request type."""

    than: str
    factor: int = 1

    def __str__(self) -> str:
        if self.factor == 1:
            return f"faster than {self.than}"
        return f"{self.factor} times as fast as {self.than}"

    def is_met(self, result: Result, earlier: Mapping[str, Result]) -> bool:
        """Compare with the earlier request type."""
        return earlier[self.than].milliseconds / result.milliseconds >= self.factor


@dataclass(frozen=True)
class MaxTimes:
    """At most ``factor`` times as long as an earlier request type."""

    than: str
    factor: int

    def __str__(self) -> str:
        return f"≤ {self.factor} times {self.than}"

    def is_met(self, result: Result, earlier: Mapping[str, Result]) -> bool:
        """Compare with the earlier request type."""
        return result.milliseconds <= self.factor * earlier[self.than].milliseconds


@dataclass(frozen=True)
class MaxTime:
    """At most ``milliseconds`` in all."""

    milliseconds: int

    def __str__(self) -> str:
        return f"≤ {self.milliseconds} ms"

    def is_met(self, result: Result, earlier: Mapping[str, Result]) -> bool:
        """Compare with the limit."""
        return result.milliseconds <= self.milliseconds
