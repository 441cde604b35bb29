"""A newcomer's node types are in lineages, pictures, reports and crates at once.

The exercise runs in a process of its own: the newcomer's application must be among the
installed ones from the start.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

_EXERCISE = Path(__file__).with_name("exercise.py")


def test_what_is_registered_is_everywhere(pytestconfig: pytest.Config) -> None:
    database = str(pytestconfig.getoption("database"))
    command = [
        *(sys.executable, "-m", "pytest", str(_EXERCISE)),
        *("--ds", "tests.newcomer.node_type.settings"),
        *("-n", "0", "-q", "--database", database),
        *("-o", "python_files=exercise.py"),
    ]
    environment = {
        name: value for name, value in os.environ.items() if "XDIST" not in name
    }
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        cwd=pytestconfig.rootpath,
    )
    assert done.returncode == 0, done.stdout + done.stderr
