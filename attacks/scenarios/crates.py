"""Crates that unpack to far more bytes than they have, or to other folders."""

from __future__ import annotations

import io
import json
import struct
import zipfile

from attacks.client import Answer, Client
from attacks.findings import Finding, megabytes
from attacks.scenarios.concurrency import watch_server
from attacks.target import Target

#: Maximum growth of the server's memory in bytes while it rejects all crates.
MAX_GROWTH = 200 * 2**20

_METADATA = "ro-crate-metadata.json"
_CONTEXT = "https://w3id.org/ro/crate/1.1/context"
_DESCRIPTOR = {
    "@id": _METADATA,
    "@type": "CreativeWork",
    "about": {"@id": "./"},
    "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
}
_ROOT = {
    "@id": "./",
    "@type": "Dataset",
    "name": "A crate",
    "datePublished": "2026-01-02",
    "license": {"@id": "https://creativecommons.org/licenses/by/4.0/"},
}


def hostile_crates(target: Target) -> list[Finding]:
    """Send each crate; it must be rejected without using much memory."""
    findings = []
    with watch_server(target) as watched, Client(target) as client:
        for name, crate in _build_crates().items():
            answer = _post_crate(client, crate)
            refused = 400 <= answer.status < 500
            findings.append(Finding(f"rejected: {name}", refused, str(answer.status)))
    growth = f"{megabytes(watched.grown)} more memory"
    return [
        *findings,
        Finding("little memory: crates", watched.grown < MAX_GROWTH, growth),
    ]


def _post_crate(client: Client, crate: bytes) -> Answer:
    zipped = {"Content-Type": "application/zip"}
    return client.send("POST", "/api/ro-crate/", crate, zipped)


def _build_crates() -> dict[str, bytes]:
    names = ("../../outside", "/etc/outside", "a/../../outside", "..\\outside", "C:\\a")
    return {
        "a crate whose metadata unpacks to 300 MB": _build_zip(
            {_METADATA: bytes(300 * 2**20)}
        ),
        "a crate whose file is longer than announced": _zip_with_false_size(),
        "a crate with more files than are accepted": _build_zip(
            {_METADATA: _build_metadata(), **{f"data/{n}": b"" for n in range(12_000)}}
        ),
        "a crate that contains one file ten thousand times": _zip_with_repeated_entry(),
        **{
            f"a crate with the file name {name!r}": _build_zip(
                {_METADATA: _build_metadata(name), name: b"x"}
            )
            for name in names
        },
    }


def _build_metadata(*files: str) -> bytes:
    entities = [{"@id": name, "@type": "File", "name": name} for name in files]
    parts = [{"@id": name} for name in files]
    graph = [_DESCRIPTOR, {**_ROOT, "hasPart": parts}, *entities]
    return json.dumps({"@context": _CONTEXT, "@graph": graph}).encode()


def _build_zip(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _zip_with_false_size() -> bytes:
    """Return a ZIP with 50 MB of zeros whose headers claim ten bytes."""
    made = _build_zip(
        {_METADATA: _build_metadata("data/a"), "data/a": bytes(50 * 2**20)}
    )
    size = struct.pack("<L", 50 * 2**20)
    return made.replace(size, struct.pack("<L", 10))


def _zip_with_repeated_entry() -> bytes:
    """Return a ZIP that lists its one file ten thousand times in the directory."""
    made = _build_zip({_METADATA: _build_metadata("data/a"), "data/a": bytes(2**20)})
    start = made.rindex(b"PK\x01\x02")
    end = made.index(b"PK\x05\x06", start)
    one, times = made[start:end], 10_000
    directory = made[made.index(b"PK\x01\x02") : start] + one * times
    sizes = struct.pack(
        "<HHLL", times + 1, times + 1, len(directory), _directory_offset(made)
    )
    return (
        made[: _directory_offset(made)]
        + directory
        + made[end : end + 8]
        + sizes
        + b"\0\0"
    )


def _directory_offset(made: bytes) -> int:
    return made.index(b"PK\x01\x02")
