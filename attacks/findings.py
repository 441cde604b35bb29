"""The results of scenarios."""

from __future__ import annotations

from typing import NamedTuple


class Finding(NamedTuple):
    """A condition that must hold: whether it held, and what was observed."""

    name: str
    holds: bool
    seen: str

    def table_row(self) -> str:
        """Return the finding as a row of the table."""
        return f"| {self.name} | {'yes' if self.holds else 'NO'} | {self.seen} |"


def megabytes(size: float) -> str:
    """Return a number of bytes as text in megabytes."""
    return f"{size / 2**20:.0f} MB"
