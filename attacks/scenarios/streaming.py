"""Upload and download a large file, which must not be held in memory."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator

from attacks.client import Client
from attacks.findings import Finding, megabytes
from attacks.sample_data import upload_path
from attacks.scenarios.concurrency import watch_server
from attacks.target import Target

PIECE = 2**20
#: Size of the file in megabytes; 10 GB behave in the same way and take longer.
SIZE = int(os.environ.get("ATTACK_FILE_MB", "1024"))
#: Maximum growth of the server's memory in bytes.
MAX_GROWTH = 64 * 2**20


def a_large_file(target: Target) -> list[Finding]:
    """Upload and download a large file, and report the speed."""
    piece = os.urandom(PIECE)
    checksum = _compute_sha1(piece)
    with watch_server(target) as watched, Client(target) as client:
        path = upload_path(client, checksum)
        began = time.perf_counter()
        length = {"Content-Length": str(SIZE * PIECE)}
        status = client.send("PUT", path, _repeat_block(piece), length).status
        up = time.perf_counter()
        received = _download_sha1(target, f"/data/{checksum}")
        down = time.perf_counter()
    speeds = f"{SIZE / (up - began):.0f} MB/s up, {SIZE / (down - up):.0f} MB/s down"
    return [
        Finding("a large file is accepted", status == 201, f"{status}, {SIZE} MB"),
        Finding("and is downloaded unchanged", received == checksum, speeds),
        Finding(
            "little memory: a large file",
            watched.grown < MAX_GROWTH,
            f"{megabytes(watched.grown)} more memory",
        ),
    ]


def _repeat_block(piece: bytes) -> Iterator[bytes]:
    return (piece for _ in range(SIZE))


def _compute_sha1(piece: bytes) -> str:
    digest = hashlib.sha1(usedforsecurity=False)
    for one in _repeat_block(piece):
        digest.update(one)
    return digest.hexdigest()


def _download_sha1(target: Target, path: str) -> str:
    """Download a path and return the checksum."""
    digest = hashlib.sha1(usedforsecurity=False)
    connection = target.connect()
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        while data := answer.read(PIECE):
            digest.update(data)
    finally:
        connection.close()
    return digest.hexdigest()
