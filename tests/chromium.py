"""Driving the Chromium of the system."""

from __future__ import annotations

import os
import shutil
from typing import Any

import pytest


def launch_options(options: dict[str, Any]) -> dict[str, Any]:
    """Return how Playwright is to start it; skips the test where it is missing.

    Every context of Playwright's is a profile of its own.
    """
    executable = shutil.which("chromium")
    if executable is None:
        pytest.skip("Chromium is not installed")
    # from here on a loop runs in this thread, in which Django refuses its database
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    return {
        **options,
        "executable_path": executable,
        "args": [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--no-first-run",
        ],
    }
