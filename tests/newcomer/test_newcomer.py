"""A newcomer's types are everywhere at once: models, declarations and factories do it.

The exercise runs in a process of its own: the newcomer's application must be among the
installed ones from the start.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.slow
def test_declared_types_are_everywhere(pytestconfig: pytest.Config) -> None:
    database = str(pytestconfig.getoption("database"))
    command = [
        *(sys.executable, "-m", "pytest", str(HERE)),
        *("--ds", "tests.newcomer.settings"),
        *("-n", "0", "-q", "--database", database),
        *("-o", "python_files=exercise_*.py"),
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
