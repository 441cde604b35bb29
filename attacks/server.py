"""A registry that is started for attacks and can be killed."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from attacks.processes import process_tree
from attacks.target import Target

ROOT = Path(__file__).resolve().parent.parent
#: Seconds that the server can take to start, and to stop.
TIMEOUT = 60
#: Variables of the environment that would change what is attacked.
CLEARED_VARIABLES = (
    "ALLOWED_HOSTS",
    "CACHE_URL",
    "DATABASE_URL",
    "SECRET_KEY",
    "WEB_CONCURRENCY",
)


@dataclass
class AttackedServer:
    """A registry that is served as by ``make run``.

    Only 127.0.0.1 is exempt from its rate limits.
    """

    url: str
    folder: Path
    environment: dict[str, str] = field(repr=False)
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @classmethod
    def prepare(cls, stack: ExitStack, database: str | None = None) -> Self:
        """Return a registry with an empty database, not started; None means SQLite."""
        folder = Path(tempfile.mkdtemp(prefix="registry-attacked-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        port = _free_port()
        environment = {
            **{name: value for name, value in os.environ.items() if not _is_ours(name)},
            "PORT": str(port),
            "REGISTRY_DATA_DIR": str(folder),
            "REGISTRY_ENV_FILE": os.devnull,
            # only honest clients: attackers use another address
            "REGISTRY_THROTTLE_EXEMPT": "127.0.0.1",
            **({"DATABASE_URL": database} if database else {}),
        }
        served = cls(f"http://127.0.0.1:{port}", folder, environment)
        served.manage("prepare", "--no-example")
        stack.callback(served.stop)
        return served

    @property
    def target(self) -> Target:
        """The registry as a target, with a new token of the administrator."""
        password = (self.folder / "admin-password").read_text(encoding="ascii").strip()
        token = self.manage("create_token", "admin").strip()
        pid = self._process.pid if self._process else None
        return Target(self.url, token, password, pid)

    def manage(self, *arguments: str) -> str:
        """Run a management command and return its output."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"manage.py {arguments[0]}: {done.stdout}{done.stderr}")
        return done.stdout

    def start(self) -> None:
        """Start the server, and wait until the registry is ready."""
        log = self.folder / "log"
        with log.open("ab") as stream:
            self._process = subprocess.Popen(
                [sys.executable, "manage.py", "serve"],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + TIMEOUT
        while not self._is_ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"The registry is not ready:\n{log.read_text()}")
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop the server normally, as an operator does."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(TIMEOUT)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self) -> None:
        """Kill all processes of the server, as a power cut does."""
        if self._process is None:
            return
        for pid in process_tree(self._process.pid):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                # it ended with its parent
                continue
        self._process.wait(TIMEOUT)

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False


def _is_ours(name: str) -> bool:
    return name in CLEARED_VARIABLES or name.startswith(("REGISTRY_", "GITHUB_"))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
