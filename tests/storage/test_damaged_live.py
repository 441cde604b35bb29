"""Real servers break off the response with an altered file, and clients see it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, IncompleteRead
from pathlib import Path
from urllib.parse import urlsplit
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
import requests
from pytest_django import Settings
from requests.adapters import HTTPAdapter, Retry

from config.wsgi import application
from registry.storage.services import get_store
from tests.files import keep, sha1_of
from tests.plugins.server import (
    ROOT,
    LiveRegistry,
    StartRegistry,
    end_with_parent,
    free_port,
)

pytestmark = pytest.mark.xdist_group("damaged")

PATIENCE = 60
#: Larger than what is checked before it is sent, and than what sockets buffer.
SIZE = 8 * 1024 * 1024


@pytest.fixture(scope="module")
def registry(start_registry: StartRegistry) -> LiveRegistry:
    """Return a registry of its own, since its events are counted."""
    return start_registry()


@contextmanager
def other_server(registry: LiveRegistry, *options: str) -> Iterator[str]:
    """Serve a registry with a server that it is not made for; yield the address."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", f"--bind=127.0.0.1:{port}", *options]
    process = subprocess.Popen(
        [*command, "config.wsgi"],
        cwd=ROOT,
        env=registry.environment,
        stderr=subprocess.DEVNULL,
        preexec_fn=end_with_parent,  # noqa: PLW1509
    )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(address)
        yield address
    finally:
        process.terminate()
        process.wait(PATIENCE)


def wait_for(address: str) -> None:
    """Return when a server answers."""
    with requests.Session() as session:
        retry = Retry(total=12, backoff_factor=0.1)
        session.mount("http://", HTTPAdapter(max_retries=retry))
        assert session.get(f"{address}/livez", timeout=PATIENCE).status_code == 200


def stored(registry: LiveRegistry) -> tuple[str, Path]:
    """Upload a large file; return its checksum and where its bytes are."""
    data = os.urandom(SIZE)
    sha1 = sha1_of(data)
    me = {"Authorization": f"token {registry.token()}"}
    asked = requests.post(
        f"{registry.url}/api/data/{sha1}", headers=me, timeout=PATIENCE
    )
    answer = requests.put(asked.json()["url"], data=data, timeout=PATIENCE)
    assert answer.status_code == 201, answer.text
    return sha1, registry.data_dir / "store" / "files" / sha1[:2] / sha1[2:4] / sha1


def alter(path: Path, at: int = SIZE - 1) -> None:
    """Change one bit of a file, as a failing disk does; twice restores it."""
    with path.open("r+b") as file:
        file.seek(at)
        byte = file.read(1)
        file.seek(at)
        file.write(bytes([byte[0] ^ 1]))


def received(address: str, path: str) -> int:
    """GET a file to the point where the response breaks off; return the bytes."""
    where = urlsplit(address)
    connection = HTTPConnection(where.hostname or "", where.port, timeout=PATIENCE)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        assert answer.status == 200
        assert answer.getheader("Content-Length") == str(SIZE)
        with pytest.raises(IncompleteRead) as broken:
            answer.read()
    finally:
        connection.close()
    return len(broken.value.partial)


def events(registry: LiveRegistry) -> int:
    """Return the number of files that were found altered."""
    answer = requests.get(
        f"{registry.url}/api/event/",
        params={"kind": "stored_file", "action": "found_altered"},
        headers={"Authorization": f"token {registry.token()}"},
        timeout=PATIENCE,
    )
    return int(answer.json()["count"])


@pytest.mark.parametrize("at", [0, SIZE // 2, SIZE - 1])
def test_a_download_of_an_altered_file_breaks_off(
    registry: LiveRegistry, at: int
) -> None:
    sha1, path = stored(registry)
    before = events(registry)
    alter(path, at)
    assert 0 < received(registry.url, f"/data/{sha1}") < SIZE
    assert events(registry) == before + 1
    again = requests.get(f"{registry.url}/data/{sha1}", timeout=PATIENCE)
    assert again.status_code == 500
    assert "ETag" not in again.headers
    assert events(registry) == before + 1


def test_curl_fails_and_continues_when_the_file_is_restored(
    registry: LiveRegistry, tmp_path: Path
) -> None:
    sha1, path = stored(registry)
    alter(path)
    file = tmp_path / "download"
    curl = ["curl", "--silent", "--fail", "--output", str(file)]
    curl += ["--continue-at", "-", f"{registry.url}/data/{sha1}"]
    # 18: only a part of the file was transferred
    assert subprocess.run(curl, check=False).returncode == 18
    # 22: an HTTP status of 400 or more
    assert subprocess.run(curl, check=False).returncode == 22
    alter(path)
    assert subprocess.run(curl, check=False).returncode == 0
    assert sha1_of(file.read_bytes()) == sha1


def test_a_client_that_leaves_early_has_found_nothing(registry: LiveRegistry) -> None:
    sha1, path = stored(registry)
    alter(path)
    before = events(registry)
    address = f"{registry.url}/data/{sha1}"
    with requests.get(address, stream=True, timeout=PATIENCE) as answer:
        next(answer.iter_content(1024))
    assert events(registry) == before


@pytest.mark.once
@pytest.mark.parametrize("worker", ["sync", "gthread"])
def test_other_servers_break_off_too(registry: LiveRegistry, worker: str) -> None:
    # these send real files with sendfile, which would check nothing
    with other_server(registry, f"--worker-class={worker}") as address:
        sha1, path = stored(registry)
        whole = requests.get(f"{address}/data/{sha1}", timeout=PATIENCE)
        assert sha1_of(whole.content) == sha1
        alter(path)
        assert received(address, f"/data/{sha1}") < SIZE


class Quiet(WSGIRequestHandler):
    """Writes no log."""

    def log_message(self, *_: object) -> None:
        """Do nothing."""


@pytest.mark.django_db(transaction=True)
def test_a_plain_wsgi_server_breaks_off_too(settings: Settings, tmp_path: Path) -> None:
    settings.STORE_DIR = tmp_path / "store"
    sha1 = keep(os.urandom(SIZE)).sha1
    alter(get_store().path_of(sha1))  # type: ignore[attr-defined]
    lengths: list[int] = []
    with make_server("127.0.0.1", 0, application, handler_class=Quiet) as server:
        address = f"http://127.0.0.1:{server.server_port}"
        client = threading.Thread(
            target=lambda: lengths.append(received(address, f"/data/{sha1}"))
        )
        client.start()
        server.handle_request()
        client.join()
    assert [length < SIZE for length in lengths] == [True]
