"""Processes that `serve` starts beside itself, and that end with it."""

from __future__ import annotations

import os
import subprocess
import sys

from django.conf import settings


def start_beside(*command: str) -> subprocess.Popen[bytes]:
    """Start a management command that ends when this process does.

    This process may become another program meanwhile: it keeps its id.
    """
    parent = ["--parent", str(os.getpid())]
    program = [sys.executable, str(settings.BASE_DIR / "manage.py")]
    return subprocess.Popen(  # noqa: S603 (commands of this project)
        [*program, *command, *parent],
        stdin=subprocess.DEVNULL,
        # Ctrl-C is for this process; the others see that it is gone
        start_new_session=True,
    )


def has_lost_parent(parent: int | None) -> bool:
    """Return whether the process that started this one is gone."""
    return parent is not None and os.getppid() != parent
