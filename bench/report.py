"""Format the results as a Markdown table, one row at a time."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from typing import Any

import django
import psycopg

from bench.aims import Aim, Result
from bench.content import Size

_COLUMNS = (
    ("request", 36),
    ("median ms", 9),
    ("floor ms", 8),
    ("times floor", 11),
    ("over floor ms", 13),
    ("statements", 10),
    ("aim", 45),
    ("met", 3),
)


def format_heading(
    connection: psycopg.Connection[Any], size: Size, samples: int
) -> str:
    """Return the description of the measurement, and the header of the table."""
    return "\n".join(
        (
            f"{size.objects:,} objects and {size.runs:,} code runs; medians of "
            f"{samples} samples, fewer for what takes long.",
            f"Python {platform.python_version()}, Django {django.__version__}, "
            f"PostgreSQL {_postgres_version(connection)}, {os.cpu_count()} cores.",
            "",
            _format_cells([name for name, _ in _COLUMNS]),
            _format_cells(["-" * width for _, width in _COLUMNS]),
        )
    )


def format_row(result: Result, aim: Aim | None, earlier: Mapping[str, Result]) -> str:
    """Return a result as a row of the table."""
    return _format_cells(
        [
            result.name,
            f"{result.milliseconds:.2f}",
            _format_number(result.floor, 2),
            _format_number(result.ratio, 1),
            _format_number(result.difference, 2),
            str(result.statements),
            str(aim) if aim else "",
            _format_verdict(result, aim, earlier),
        ]
    )


def _format_verdict(
    result: Result, aim: Aim | None, earlier: Mapping[str, Result]
) -> str:
    if aim is None:
        return ""
    return "yes" if aim.is_met(result, earlier) else "NO"


def _postgres_version(connection: psycopg.Connection[Any]) -> str:
    return ".".join(map(str, divmod(connection.info.server_version, 10_000)))


def _format_number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def _format_cells(cells: list[str]) -> str:
    padded = (
        cell.ljust(width) for cell, (_, width) in zip(cells, _COLUMNS, strict=True)
    )
    return f"| {' | '.join(padded)} |"
