"""Run scripts of clients as processes, which a person approves in a browser."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
_CODE = re.compile(r"\b[B-DF-HJ-NP-TV-XZ]{4}-[B-DF-HJ-NP-TV-XZ]{4}\b")


@dataclass
class Script:
    """A running script, which answers each line with a line of JSON."""

    process: subprocess.Popen[str]

    def user_code(self) -> str:
        """Wait for the code that the script shows, and return it."""
        for line in self._lines():
            found = _CODE.search(line)
            if found:
                return found[0]
        raise AssertionError("the script showed no code")

    def told(self) -> dict[str, Any]:
        """Return the next values that the script prints."""
        for line in self._lines():
            if line.startswith("{"):
                return dict(json.loads(line))
        raise AssertionError("the script ended")

    def line(self) -> str:
        """Return the next line that the script prints."""
        return next(self._lines()).strip()

    def ask(self, how: str = "sync") -> dict[str, Any]:
        """Make the script ask the registry for its user name."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{how}\n")
        self.process.stdin.flush()
        return self.told()

    def _lines(self) -> Iterator[str]:
        assert self.process.stdout is not None
        yield from iter(self.process.stdout.readline, "")


@contextmanager
def running(
    program: str, *arguments: str, python: str = sys.executable, cwd: Path | None = None
) -> Iterator[Script]:
    """Run a script until the end of the block."""
    process = subprocess.Popen(
        # a program in this folder, or one with its full path
        [python, "-u", str(HERE / program), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=cwd,
        # a machine without a screen, on which no browser can be opened
        env={
            "PATH": "/usr/bin:/bin",
            "BROWSER": "true",
            "NO_PROXY": "127.0.0.1",
            "LANG": "C.UTF-8",
        },
    )
    try:
        yield Script(process)
    finally:
        process.kill()
        process.communicate()
