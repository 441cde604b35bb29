"""How far a reader has to go to follow a request, as the architecture page says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENT = ROOT / "docs" / "architecture.md"
#: What a POST of a code run may take: between files, and between layers.
LIMITS = (45, 20)


def _rows(table: str) -> dict[str, tuple[int, int]]:
    """Read a table in Markdown: the name of a request, and its two counts."""
    cells = [line.strip("| ").split(" | ") for line in table.splitlines()]
    return {
        name: (int(files), int(layers))
        for name, files, layers in (row for row in cells if len(row) == 3)
        if files.isdigit()
    }


@pytest.mark.once
@pytest.mark.slow
def test_the_counts_are_those_of_the_architecture_page() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "scripts.count_switches"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    counted = _rows(done.stdout)
    assert len(counted) == 4
    assert counted == _rows(DOCUMENT.read_text(encoding="utf-8"))
    files, layers = counted["POST /api/code_run/"]
    assert files <= LIMITS[0]
    assert layers <= LIMITS[1]
