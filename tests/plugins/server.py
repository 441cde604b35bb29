"""Real registries for tests: gunicorn on a free port, with its own data and database.

`live_registry` is one for the whole run. `start_registry` starts more of them, with
settings of their own: `start_registry(REGISTRY_THROTTLE_ANONYMOUS="3/min")`. They are
copies of one that is prepared once in the run, with or without the example, because
preparing takes most of the time of a start.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Protocol

import psycopg
import pytest

from tests.plugins import databases
from tests.plugins.databases import (
    fresh_database,
    made_once,
    migrated_database,
    template_database,
)
from tests.plugins.postgres import is_ours

ROOT, PATIENCE = databases.ROOT, databases.PATIENCE
_PR_SET_PDEATHSIG = 1
#: The database in a data folder, where SQLite is used.
DATABASE_FILE = "registry.sqlite3"
#: The registries that are copied, by whether they have the example.
PREPARED = {False: "prepared", True: "prepared_with_example"}
#: Their address until they are copied.
NOWHERE = "http://nowhere.invalid"


@dataclass
class LiveRegistry:
    """A registry that runs; `environment` is what its processes are given."""

    url: str
    data_dir: Path
    environment: dict[str, str] = field(repr=False)
    #: The first of its processes.
    pid: int = 0
    _tokens: dict[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def of_folder(cls, data_dir: Path, variables: dict[str, str]) -> LiveRegistry:
        """Return one on a free port, with its data in a folder and these variables."""
        port = free_port()
        environment = {k: v for k, v in os.environ.items() if not is_ours(k)} | {
            "REGISTRY_ENV_FILE": os.devnull,
            "REGISTRY_DATA_DIR": str(data_dir),
            "REGISTRY_THROTTLE_EXEMPT": "127.0.0.0/8,::1",
            "PORT": str(port),
            # a process less for each; executors have the registry look as well
            "REGISTRY_SCHEDULER": "0",
            **variables,
        }
        return cls(f"http://127.0.0.1:{port}", data_dir, environment)

    @property
    def password(self) -> str:
        """The password of the account `admin`."""
        return (self.data_dir / "admin-password").read_text(encoding="ascii").strip()

    @property
    def log(self) -> str:
        """What the server has written so far."""
        return (self.data_dir / "log").read_text(encoding="utf-8")

    def manage(self, *arguments: str, **variables: str) -> str:
        """Run a command of this registry; return its standard output."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment | variables,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
        return done.stdout

    def token(self, name: str = "admin") -> str:
        """Return an API token of a person, made when it is first asked for."""
        if name not in self._tokens:
            self._tokens[name] = self.manage("create_token", name).strip()
        return self._tokens[name]

    def use_token(self, name: str, token: str) -> None:
        """Have `token` return one that a person has already."""
        self._tokens[name] = token

    def user(self, name: str, password: str, *options: str) -> None:
        """Make an account."""
        self.manage("create_user", name, *options, REGISTRY_PASSWORD=password)


class StartRegistry(Protocol):
    """Starts a registry that lives until the end of the test run."""

    def __call__(self, *, example: bool = False, **variables: str) -> LiveRegistry:
        """Return it when it is ready; `variables` go into its environment."""


@pytest.fixture(scope="session")
def start_registry() -> Iterator[StartRegistry]:
    """Start registries, several at a time if need be; all stop at the end."""
    with ExitStack() as stack:

        def start(*, example: bool = False, **variables: str) -> LiveRegistry:
            return _start(stack, variables, example=example)

        yield start


@pytest.fixture(scope="session")
def live_registry(start_registry: StartRegistry) -> LiveRegistry:
    """Return the registry that tests share: they add to it, and count on nothing."""
    return start_registry()


def _start(
    stack: ExitStack, variables: dict[str, str], *, example: bool
) -> LiveRegistry:
    data_dir = Path(tempfile.mkdtemp(prefix="registry-live-"))
    stack.callback(shutil.rmtree, data_dir, ignore_errors=True)
    registry = LiveRegistry.of_folder(data_dir, variables)
    if {"DATABASE_URL", "REGISTRY_DATA_DIR"} & variables.keys():
        registry.environment = fresh_database(stack) | registry.environment
        _prepare(registry, example=example)
    else:
        _copy_prepared(stack, registry, example=example)
    process = _serve(stack, registry)
    registry.pid = process.pid
    _wait(lambda: _is_ready(registry), process, registry)
    return registry


def _prepare(registry: LiveRegistry, *, example: bool) -> None:
    if "DATABASE_URL" not in registry.environment:
        folder = Path(registry.environment["REGISTRY_DATA_DIR"])
        shutil.copy(migrated_database(), folder / DATABASE_FILE)
    registry.manage("prepare", *([] if example else ["--no-example"]))


def _copy_prepared(stack: ExitStack, registry: LiveRegistry, *, example: bool) -> None:
    """Make a registry as `prepare` does, but faster: by copying one.

    Only the keys are its own, which it makes when it starts, and its storage root.
    """
    name = PREPARED[example]
    folder = made_once(name, partial(_make_prepared, example=example))
    keys = shutil.ignore_patterns("secret-key", "signing-keys")
    shutil.copytree(folder, registry.data_dir, ignore=keys, dirs_exist_ok=True)
    token = (registry.data_dir / "token").read_text(encoding="ascii")
    registry.use_token("admin", token)
    registry.environment |= fresh_database(stack, f"{name}_template")
    _name_root(registry)


def _make_prepared(folder: Path, *, example: bool) -> None:
    variables = {"REGISTRY_URL": NOWHERE}
    variables |= template_database(f"{PREPARED[example]}_template")
    registry = LiveRegistry.of_folder(folder, variables)
    _prepare(registry, example=example)
    (folder / "token").write_text(registry.token(), encoding="ascii")


def _name_root(registry: LiveRegistry) -> None:
    """Put the registry's own address into the one record that has it."""
    scheme = "https" if registry.environment.get("REGISTRY_HTTPS") == "1" else "http"
    site = f"{scheme}{registry.url.removeprefix('http')}"
    site = registry.environment.get("REGISTRY_URL", site)
    roots = f"{site}/data/", f"{NOWHERE}/data/"
    statement = "UPDATE registry_storageroot SET root = {0} WHERE root = {0}"
    database = registry.environment.get("DATABASE_URL")
    if database is None:
        with closing(sqlite3.connect(registry.data_dir / DATABASE_FILE)) as sqlite:
            changed = sqlite.execute(statement.format("?"), roots).rowcount
            sqlite.commit()
    else:
        with psycopg.connect(database) as postgresql:
            changed = postgresql.execute(statement.format("%s"), roots).rowcount
    assert changed == 1


def free_port() -> int:
    """Return a port of this machine that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _serve(stack: ExitStack, registry: LiveRegistry) -> subprocess.Popen[bytes]:
    log = stack.enter_context((registry.data_dir / "log").open("wb"))
    process = subprocess.Popen(
        [sys.executable, "manage.py", "serve"],
        cwd=ROOT,
        env=registry.environment,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        preexec_fn=end_with_parent,  # noqa: PLW1509
    )
    stack.callback(_stop, process)
    return process


def end_with_parent() -> None:
    """Have the kernel end this process with its parent; for `preexec_fn`."""
    # a test run that is killed cannot stop its servers; the kernel does (prctl(2))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _is_ready(registry: LiveRegistry) -> bool:
    try:
        with urllib.request.urlopen(f"{registry.url}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def _wait(
    is_true: Callable[[], bool],
    process: subprocess.Popen[bytes],
    registry: LiveRegistry,
) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_true():
        ended = process.poll() is not None
        if ended or time.monotonic() > deadline:
            state = "stopped" if ended else "is not ready"
            pytest.fail(f"The registry {state}:\n{registry.log}")
        time.sleep(0.05)
