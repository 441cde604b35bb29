"""Start the registry that is measured, with the server of ``make run``."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import ExitStack
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
#: The first free one of these ports is used.
PORTS = range(8280, 8290)
#: Seconds that the server can take to start, and to stop.
TIMEOUT = 60
#: Variables of the environment that would change what is measured.
CLEARED_VARIABLES = ("ALLOWED_HOSTS", "CACHE_URL", "SECRET_KEY", "WEB_CONCURRENCY")


def set_environment(stack: ExitStack, database: str) -> str:
    """Configure this process and its children; return the URL of the registry.

    Requests are exempt from rate limits, as under ``make run``.
    """
    for name in list(os.environ):
        if name in CLEARED_VARIABLES or name.startswith(("REGISTRY_", "GITHUB_")):
            del os.environ[name]
    folder = tempfile.mkdtemp(prefix="registry-bench-")
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    port = _free_port()
    os.environ |= {
        "DATABASE_URL": database,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PORT": str(port),
        "REGISTRY_DATA_DIR": folder,
        "REGISTRY_ENV_FILE": os.devnull,
        "REGISTRY_THROTTLE_EXEMPT": "127.0.0.0/8,::1",
    }
    return f"http://127.0.0.1:{port}"


def manage(*arguments: str) -> str:
    """Run a management command and return its output."""
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"manage.py {arguments[0]}: {done.stdout}{done.stderr}")
    return done.stdout


def serve(stack: ExitStack, url: str) -> None:
    """Start the server and wait until it is ready; closing the stack stops it again."""
    log = Path(os.environ["REGISTRY_DATA_DIR"]) / "log"
    process = subprocess.Popen(
        [sys.executable, "manage.py", "serve"],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=stack.enter_context(log.open("wb")),
        stderr=subprocess.STDOUT,
    )
    stack.callback(_stop_server, process)
    wait_until_ready(url, process, log)


def wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until a server is ready; exit if it ends, or after a minute."""
    deadline = time.monotonic() + TIMEOUT
    while not _is_ready(url):
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"The registry is not ready:\n{log.read_text()}")
        time.sleep(0.05)


def _stop_server(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _is_ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def _free_port() -> int:
    for port in PORTS:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise SystemExit(f"None of the ports {PORTS[0]} to {PORTS[-1]} is free.")
