"""What an attack found out."""

from __future__ import annotations

from typing import NamedTuple


class Finding(NamedTuple):
    """One thing that must hold: whether it held, and what was seen."""

    name: str
    holds: bool
    seen: str

    def table_row(self) -> str:
        """Return a row of the table."""
        return f"| {self.name} | {'yes' if self.holds else 'NO'} | {self.seen} |"


def megabytes(size: float) -> str:
    """Format a number of bytes."""
    return f"{size / 2**20:.0f} MB"
