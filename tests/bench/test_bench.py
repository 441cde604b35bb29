"""The benchmark runs on a small registry; tests do not check its speed."""

from __future__ import annotations

import os
import subprocess
import sys

import psycopg
import pytest

from tests.plugins.server import ROOT

# one after the other, for each looks whether its database is gone
pytestmark = [pytest.mark.postgres, pytest.mark.xdist_group("bench")]

TIMEOUT = 300


def _rows(*arguments: str) -> list[list[str]]:
    """Run a benchmark; return the cells of its table."""
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        env=os.environ | {"BENCH_DATABASE_URL": os.environ["DATABASE_URL"]},
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return [line.split("|") for line in done.stdout.splitlines() if "|" in line]


def test_every_kind_of_request_is_measured() -> None:
    rows = _rows("bench", "--objects", "200", "--runs", "40", "--samples", "3")
    measured = {row[1].strip(): row for row in rows[2:]}
    assert len(measured) == len(rows) - 2 > 15
    assert all(float(row[2]) > 0 for row in measured.values())
    assert {row[8].strip() for row in measured.values()} <= {"yes", "NO", ""}
    assert _databases_left() == []


def test_registries_of_several_sizes_are_compared() -> None:
    rows = _rows(
        *("bench.growth", "--sizes", "40", "80"),
        *("--samples", "2", "--only", "list by"),
    )
    assert [cell.strip() for cell in rows[0][2:4]] == ["40", "80"]
    assert len(rows) - 2 == 5
    assert all(float(cell) > 0 for row in rows[2:] for cell in row[2:5])
    assert _databases_left() == []


def test_several_states_of_the_code_are_measured_by_turns() -> None:
    rows = _rows(
        *("bench.trees", "before=.", "after=.", "--only", "one object"),
        *("--objects", "20", "--runs", "4", "--rounds", "2"),
    )
    assert [cell.strip() for cell in rows[0][1:-1]] == ["postgresql", "before", "after"]
    measured = {row[1].strip(): row[3].split(",") for row in rows[2:]}
    assert len(measured) == 3
    assert all(float(wall) > 0 < float(cpu) for wall, cpu in measured.values())
    assert _databases_left() == []


def test_run_requests_are_measured() -> None:
    rows = _rows(
        *("bench.execution", "--tasks", "8", "--jobs", "30", "--samples", "2"),
    )
    cells = [[cell.strip() for cell in row[1:-1]] for row in rows]
    rates = [row for row in cells if len(row) == 5 and row[0].isdigit()]
    assert [row[:2] for row in rates] == [
        ["1", "1"],
        ["1", "20"],
        ["8", "1"],
        ["8", "20"],
    ]
    assert all(float(rate) > 0 for row in rates for rate in row[2:])
    reads = {row[0]: row[1] for row in cells if len(row) == 2}
    assert {"progress", "the page of the request", "suspend all"} <= reads.keys()
    assert _databases_left() == []


def _databases_left() -> list[tuple[str]]:
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        left = connection.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE 'bench%'"
        )
        return left.fetchall()
