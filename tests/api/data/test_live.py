"""Uploads and downloads on a real server, and the guide about them."""

from __future__ import annotations

import hashlib
import os
import re
import socket
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from tests.clients.guide import blocks
from tests.clients.machine import Machine
from tests.files import sha1_of
from tests.plugins.server import LiveRegistry

PAGE = blocks("uploading-data.md")
MEGABYTE = 1024 * 1024
PATIENCE = 60


@pytest.fixture(scope="module")
def token(live_registry: LiveRegistry) -> str:
    """Return the token of an account that can upload."""
    live_registry.user("uploader", "fourteen days in bed")
    return live_registry.token("uploader")


def address_for(registry: LiveRegistry, token: str, sha1: str) -> str:
    """Request an upload address, as the clients do."""
    answer = requests.post(
        f"{registry.url}/api/data/{sha1}",
        headers={"Authorization": f"token {token}"},
        timeout=PATIENCE,
    )
    assert answer.status_code == 200, answer.text
    return str(answer.json()["url"])


def stored(registry: LiveRegistry, sha1: str) -> Path:
    """Return the path of a stored file."""
    return registry.data_dir / "store" / "files" / sha1[:2] / sha1[2:4] / sha1


def unfinished(registry: LiveRegistry) -> list[Path]:
    """Return the files of incomplete uploads."""
    incoming = registry.data_dir / "store" / "incoming"
    return list(incoming.iterdir()) if incoming.exists() else []


def workers(registry: LiveRegistry) -> list[Path]:
    """Return the folders below /proc of the worker processes."""
    bind = f"--bind=127.0.0.1:{urlsplit(registry.url).port}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if bind in (folder / "cmdline").read_bytes().split(b"\0"):
                found.append(folder)
        except OSError:
            # it ended meanwhile, or is somebody else's
            continue
    return found


def most_memory(registry: LiveRegistry) -> int:
    """Return the peak memory of the processes in bytes."""
    texts = [(folder / "status").read_text() for folder in workers(registry)]
    return sum(
        int(kb) * 1024 for kb in re.findall(r"VmHWM:\s+(\d+) kB", "".join(texts))
    )


@pytest.mark.once
def test_a_large_file_needs_no_more_memory_than_a_small_one(
    live_registry: LiveRegistry, token: str, tmp_path: Path
) -> None:
    file = tmp_path / "large.bin"
    with file.open("wb") as stream:
        stream.truncate(256 * MEGABYTE)
        stream.write(os.urandom(MEGABYTE))
    with file.open("rb") as stream:
        sha1 = hashlib.file_digest(stream, "sha1").hexdigest()
    small = os.urandom(10)
    address = address_for(live_registry, token, sha1_of(small))
    assert requests.put(address, data=small, timeout=PATIENCE).status_code == 201
    before = most_memory(live_registry)
    assert before > 0

    address = address_for(live_registry, token, sha1)
    with file.open("rb") as stream:
        answer = requests.put(address, data=stream, timeout=PATIENCE)
    assert answer.status_code == 201
    digest = hashlib.sha1(usedforsecurity=False)
    url = f"{live_registry.url}/data/{sha1}"
    with requests.get(url, stream=True, timeout=PATIENCE) as download:
        for piece in download.iter_content(MEGABYTE):
            digest.update(piece)
    assert digest.hexdigest() == sha1
    assert most_memory(live_registry) - before < 64 * MEGABYTE


def test_a_file_can_be_sent_in_chunks(live_registry: LiveRegistry, token: str) -> None:
    data = os.urandom(3 * MEGABYTE)

    def pieces() -> Iterator[bytes]:
        for at in range(0, len(data), 70_001):
            yield data[at : at + 70_001]

    address = address_for(live_registry, token, sha1_of(data))
    answer = requests.put(address, data=pieces(), timeout=PATIENCE)
    assert answer.status_code == 201, answer.text
    assert stored(live_registry, sha1_of(data)).read_bytes() == data


def test_an_empty_file_can_be_sent_with_a_length_or_chunked(
    live_registry: LiveRegistry, token: str
) -> None:
    sha1 = sha1_of(b"")
    address = address_for(live_registry, token, sha1)
    first = requests.put(address, data=b"", timeout=PATIENCE)
    assert first.request.headers["Content-Length"] == "0"
    again = requests.put(address, data=iter([]), timeout=PATIENCE)
    assert again.request.headers["Transfer-Encoding"] == "chunked"
    assert (first.status_code, again.status_code) == (201, 200)


@pytest.mark.parametrize(
    "header", ["Content-Length: 5000000", "Transfer-Encoding: chunked"]
)
def test_an_interrupted_upload_leaves_nothing(
    live_registry: LiveRegistry, token: str, header: str
) -> None:
    data = os.urandom(5_000_000)
    address = urlsplit(address_for(live_registry, token, sha1_of(data)))
    path = f"{address.path}?{address.query}"
    head = f"PUT {path} HTTP/1.1\r\nHost: {address.netloc}\r\n{header}\r\n\r\n"
    begin = b"200000\r\n" if "chunked" in header else b""
    with socket.create_connection((address.hostname, address.port)) as connection:  # type: ignore[arg-type]
        connection.sendall(head.encode() + begin + data[: 2 * MEGABYTE])
        connection.shutdown(socket.SHUT_WR)
        # the server answers nobody, or closes: either way it is done with the upload
        received = b"".join(iter(lambda: connection.recv(4096), b""))
    assert b" 201 " not in received
    assert unfinished(live_registry) == []
    assert not stored(live_registry, sha1_of(data)).exists()
    # and the address takes another attempt
    answer = requests.put(address.geturl(), data=data, timeout=PATIENCE)
    assert answer.status_code == 201


def test_simultaneous_uploads_of_a_file_store_it_once(
    live_registry: LiveRegistry, token: str
) -> None:
    data = os.urandom(2 * MEGABYTE)
    addresses = [address_for(live_registry, token, sha1_of(data)) for _ in range(6)]

    def put(address: str) -> int:
        return requests.put(address, data=data, timeout=PATIENCE).status_code

    with ThreadPoolExecutor(6) as pool:
        statuses = sorted(pool.map(put, addresses))
    assert statuses == [200, 200, 200, 200, 200, 201]
    assert stored(live_registry, sha1_of(data)).read_bytes() == data
    assert unfinished(live_registry) == []


def test_a_refused_upload_gets_the_reason_and_keeps_the_connection(
    live_registry: LiveRegistry, token: str
) -> None:
    data = os.urandom(8 * MEGABYTE)
    address = address_for(live_registry, token, sha1_of(data))
    with requests.Session() as session:
        refused = session.put(address + "x", data=data, timeout=PATIENCE)
        wrong = session.put(address, data=data[:-1], timeout=PATIENCE)
        right = session.put(address, data=data, timeout=PATIENCE)
    assert [a.status_code for a in (refused, wrong, right)] == [403, 400, 201]


def test_the_storage_root_of_uploads_is_the_first_and_follows_the_address(
    live_registry: LiveRegistry,
) -> None:
    roots = f"{live_registry.url}/api/storage_root/"
    first = requests.get(f"{roots}1/", timeout=PATIENCE).json()
    assert first["root"] == f"{live_registry.url}/data/"
    for _ in range(2):
        moved = {"REGISTRY_URL": "https://moved.example.org"}
        live_registry.manage("prepare", "--no-example", **moved)
        query = {"root": "https://moved.example.org/data/"}
        found = requests.get(roots, params=query, timeout=PATIENCE).json()
        assert found["count"] == 1


@pytest.fixture(scope="module")
def guide(
    live_registry: LiveRegistry, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """Run the whole guide; return the output of each part."""
    live_registry.user("ada", "the password of ada")
    home = tmp_path_factory.mktemp("ada")
    folder = home / "school"
    machine = Machine(
        home,
        Path(sys.executable).parent,
        names={
            "https://registry.example.org": live_registry.url,
            "/home/ada/school": str(folder),
        },
        secrets={"REGISTRY_TOKEN": live_registry.token("ada")},
    )
    printed: dict[str, Any] = {"folder": folder}
    for block in PAGE:
        text = machine.follow([block], folder)
        printed[block.section] = printed.get(block.section, "") + text
    return printed


def test_the_guide_uploads_and_registers(
    guide: dict[str, Any], live_registry: LiveRegistry
) -> None:
    text = guide["Upload and register the file"]
    (url,) = re.findall(rf"{live_registry.url}/api/data_product/\d+/", text)
    assert requests.get(url, timeout=PATIENCE).json()["name"] == "school/in-bed"
    script = sha1_of((guide["folder"] / "upload.py").read_bytes())
    assert f'"checksum":"{script}"' in text


def test_the_guide_downloads_what_it_uploaded(guide: dict[str, Any]) -> None:
    folder: Path = guide["folder"]
    uploaded = (folder / "in-bed.csv").read_bytes()
    assert (folder / "school_in-bed.csv").read_bytes() == uploaded
    assert "date,day,in_bed" in guide["By its checksum"]


def test_the_guide_keeps_private_data_private(guide: dict[str, Any]) -> None:
    text = guide["Private data"]
    assert "This file is private" in text
    assert "Boy 17 is the headmaster's nephew." in text
