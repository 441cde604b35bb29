"""`prepare`, `serve` and `make run` work as an operator uses them."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.plugins.postgres import is_ours
from tests.plugins.server import ROOT, LiveRegistry, StartRegistry, free_port

PATIENCE = 120
CLEAN = {k: v for k, v in os.environ.items() if not is_ours(k)} | {
    "REGISTRY_ENV_FILE": os.devnull
}


def test_a_prepared_registry_has_its_administrator(live_registry: LiveRegistry) -> None:
    file = live_registry.data_dir / "admin-password"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    request = urllib.request.Request(f"{live_registry.url}/api/users/?username=admin")
    request.add_header("Authorization", f"token {live_registry.token()}")
    with urllib.request.urlopen(request) as answer:
        assert b'"username":"admin"' in answer.read()


def test_preparing_again_changes_nothing(live_registry: LiveRegistry) -> None:
    password = live_registry.password
    assert live_registry.manage("prepare", "--no-example") == ""
    assert live_registry.password == password


def test_the_registry_has_a_storage_root_for_uploads(
    live_registry: LiveRegistry,
) -> None:
    root = f"{live_registry.url}/data/"
    with urllib.request.urlopen(
        f"{live_registry.url}/api/storage_root/?root={root}"
    ) as answer:
        assert b'"count":1' in answer.read()


def test_the_log_shows_requests_under_their_ids(live_registry: LiveRegistry) -> None:
    request = urllib.request.Request(f"{live_registry.url}/livez?token=secret")
    request.add_header("X-Request-Id", "seen-in-the-log")
    urllib.request.urlopen(request).close()
    (line,) = [x for x in live_registry.log.splitlines() if "seen-in-the-log" in x]
    assert " path=/livez status=200 " in line
    assert "secret" not in live_registry.log


def test_pages_link_to_collected_files(live_registry: LiveRegistry) -> None:
    with urllib.request.urlopen(f"{live_registry.url}/sign-in") as answer:
        page = answer.read().decode()
    (path,) = {x for x in page.split('"') if x.startswith("/static/web/css/page.")}
    request = urllib.request.Request(f"{live_registry.url}{path}")
    request.add_header("Accept-Encoding", "br")
    with urllib.request.urlopen(request) as answer:
        assert answer.headers["Content-Encoding"] == "br"
        assert "immutable" in answer.headers["Cache-Control"]


@pytest.mark.once
def test_two_registries_can_serve_at_the_same_time(
    live_registry: LiveRegistry, start_registry: StartRegistry
) -> None:
    # with the example, for all others are copies of one
    other = start_registry(example=True)
    assert other.url != live_registry.url
    assert other.password != live_registry.password


@pytest.mark.once
def test_a_taken_port_is_rejected_with_advice(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "manage.py", "serve"],
            cwd=ROOT,
            env=CLEAN | {"PORT": port, "REGISTRY_DATA_DIR": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    assert done.returncode == 1
    assert f"Cannot listen on port {port} of 127.0.0.1" in done.stderr
    assert "PORT=8123" in done.stderr


@pytest.mark.once
def test_processes_without_shared_counters_do_not_start(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "serve"],
        cwd=ROOT,
        env=CLEAN | {"WEB_CONCURRENCY": "2", "REGISTRY_DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 1
    assert "CACHE_URL" in done.stderr


class Started:
    """A command in its own process group, as a terminal starts it."""

    def __init__(self, command: list[str], folder: Path) -> None:
        """Start the command with its own port, data and log below `folder`."""
        self.port = free_port()
        self.log = folder / "log"
        data = {"PORT": str(self.port), "REGISTRY_DATA_DIR": str(folder / "data")}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=CLEAN | data,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_until_it_serves(self) -> None:
        """Wait until the port accepts connections."""
        deadline = time.monotonic() + PATIENCE
        while not self.serves():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.1)

    def serves(self) -> bool:
        """Return whether a process listens on the port."""
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def interrupt(self) -> int:
        """Send Ctrl-C to all processes of the group; return the exit status."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(PATIENCE)

    def kill(self) -> None:
        """Kill the remaining processes of the group."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        self.process.wait()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Started]:
    """Return `manage.py serve` on an empty data folder."""
    started = Started([sys.executable, "manage.py", "serve"], tmp_path)
    yield started
    started.kill()


@pytest.fixture
def made_to_run(tmp_path: Path) -> Iterator[Started]:
    """Return `make run` with a port and a data folder."""
    started = Started(["make", "run"], tmp_path)
    yield started
    started.kill()


@pytest.mark.once
def test_an_interrupted_server_stops_with_status_0(served: Started) -> None:
    served.wait_until_it_serves()
    assert served.interrupt() == 0
    assert not served.serves()
    assert "Traceback" not in served.log.read_text()


@pytest.mark.once
def test_make_run_says_how_to_begin_and_stops_at_ctrl_c(made_to_run: Started) -> None:
    made_to_run.wait_until_it_serves()
    made_to_run.interrupt()
    assert not made_to_run.serves()
    said = made_to_run.log.read_text()
    assert f"The registry is at http://127.0.0.1:{made_to_run.port}/" in said
    assert "password" in said
    assert "create_token admin" in said
    assert "Traceback" not in said
