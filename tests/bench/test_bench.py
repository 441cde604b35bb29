"""The benchmark runs on a small registry; tests do not check its speed."""

from __future__ import annotations

import os
import subprocess
import sys

import psycopg
import pytest

from tests.plugins.server import ROOT

pytestmark = pytest.mark.postgres

TIMEOUT = 300


def test_each_request_type_is_measured() -> None:
    server = os.environ["DATABASE_URL"]
    done = subprocess.run(
        [
            *(sys.executable, "-m", "bench"),
            *("--objects", "200", "--runs", "40", "--samples", "3"),
        ],
        cwd=ROOT,
        env=os.environ | {"BENCH_DATABASE_URL": server},
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    rows = [line.split("|") for line in done.stdout.splitlines() if "|" in line]
    measured = {row[1].strip(): row for row in rows[2:]}
    assert len(measured) == len(rows) - 2 > 15
    assert all(float(row[2]) > 0 for row in measured.values())
    assert {row[8].strip() for row in measured.values()} <= {"yes", "NO", ""}
    with psycopg.connect(server) as connection:
        left = connection.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE 'bench%'"
        )
        assert left.fetchall() == []
