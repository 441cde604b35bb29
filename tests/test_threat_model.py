"""The threat model names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MODEL = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in MODEL.splitlines()
    if line.startswith("|") and line.count("|") == 4
]
THREATS = [row for row in ROWS if row[2] not in {"test", "---"}]

pytestmark = pytest.mark.once


def test_the_model_is_read() -> None:
    assert len(THREATS) > 30


@pytest.mark.parametrize("threat, _holds, test", THREATS)
def test_each_threat_names_a_test_that_exists(
    threat: str, _holds: str, test: str
) -> None:
    named = re.fullmatch(r"`([a-z_/]+\.py)::(test_\w+)`", test)
    assert named, f"{threat}: {test}"
    text = (ROOT / "tests" / named[1]).read_text(encoding="utf-8")
    assert f"def {named[2]}(" in text, f"{threat}: {test} is not there"
