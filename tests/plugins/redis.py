"""A real Redis for tests: Debian's, on a free port of this machine, with no file."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import redis

from tests.plugins.server import free_port

PATIENCE = 30


@dataclass
class RedisServer:
    """A server that can be stopped, and started again on the same port."""

    port: int
    folder: Path
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        """What CACHE_URL is."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start, and wait until it answers."""
        self._process = subprocess.Popen(
            [
                "redis-server",
                *("--port", str(self.port), "--bind", "127.0.0.1"),
                *("--save", "", "--appendonly", "no", "--dir", str(self.folder)),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        client = redis.Redis(port=self.port)
        deadline = time.monotonic() + PATIENCE
        while not _answers(client):
            if self._process.poll() is not None or time.monotonic() > deadline:
                pytest.fail("Redis does not start.")
        client.close()

    def stop(self) -> None:
        """Stop, and forget everything."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(PATIENCE)
            self._process = None


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.exceptions.ConnectionError:
        time.sleep(0.02)
        return False


@pytest.fixture
def redis_server() -> Iterator[RedisServer]:
    """Start a server of this test's own."""
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed: scripts/system_packages.sh")
    folder = Path(tempfile.mkdtemp(prefix="registry-redis-"))
    server = RedisServer(free_port(), folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
