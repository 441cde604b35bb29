"""Sample data that attacks request: a large file, a crate, long lists, a lineage."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from attacks.client import Client, require_status
from attacks.target import Target

#: Bytes of the file that slow readers download, and of the one in the crate. They
#: exceed the kernel's buffers for a reader, and so does the CSV of the objects.
FILE, FILE_IN_CRATE = 20 * 2**20, 8 * 2**20
OBJECTS, CHARACTERS = 1_000, 8_000
#: Runs in a chain, and the number of inputs and of outputs of each.
DEPTH, WIDTH = 9, 4

_DAY = "2026-01-02T03:04:05Z"


@dataclass(frozen=True)
class SamplePaths:
    """Paths of the sample data."""

    record: str
    page: str
    export: str
    download: str
    crate: str
    picture: str


def register_samples(target: Target) -> SamplePaths:
    """Register the sample data; each call registers more."""
    with Client(target) as client:
        records = _post(client, "object", _object_values(OBJECTS))
        download = _upload_location(client, FILE)
        location = _upload_location(client, FILE_IN_CRATE)
        outputs = _register_chain(client, DEPTH, location["url"])
        product = _register_product(client, outputs[-1])
    run = _path_of_url(
        _only_record_url(
            target, f"/api/code_run/?outputs={_id_of_url(outputs[-1])}&page_size=1"
        )
    )
    return SamplePaths(
        record=_path_of_url(records[0]["url"]),
        page="/api/object/?page_size=20",
        export="/api/object/?format=csv",
        download=f"/data/{download['hash']}",
        crate=f"/api/ro-crate/code-run/{run.split('/')[-2]}/?format=zip",
        picture=f"/api/prov-report/{_id_of_url(product)}/?format=svg&depth={DEPTH}",
    )


def upload(client: Client, data: bytes) -> str:
    """Upload a file as the guide describes; return its checksum."""
    checksum = hashlib.sha1(data, usedforsecurity=False).hexdigest()
    require_status(client.send("PUT", upload_path(client, checksum), data), 200, 201)
    return checksum


def upload_path(client: Client, checksum: str | None = None) -> str:
    """Return a signed upload path; by default for a checksum that no file has."""
    checksum = checksum or secrets.token_hex(20)
    answer = require_status(client.send("POST", f"/api/data/{checksum}"), 200)
    parts = urlsplit(answer.json()["url"])
    return f"{parts.path}?{parts.query}"


def _object_values(number: int) -> list[dict[str, str]]:
    batch = secrets.token_hex(8)
    filler = "x" * CHARACTERS
    return [{"description": f"{batch} {one} {filler}"} for one in range(number)]


def _upload_location(client: Client, size: int) -> Any:
    """Upload random bytes and return their storage location."""
    checksum = upload(client, os.urandom(size))
    fields = {
        "path": checksum,
        "hash": checksum,
        "storage_root": _data_root_url(client),
    }
    return _post(client, "storage_location", fields)


def _post(client: Client, kind: str, data: Any) -> Any:
    return require_status(client.post(f"/api/{kind}/", data), 201).json()


def _data_root_url(client: Client) -> str:
    roots = require_status(client.get("/api/storage_root/?page_size=1000"), 200).json()
    urls = [one["url"] for one in roots["results"] if one["root"].endswith("/data/")]
    return str(urls[-1])


def _register_chain(client: Client, depth: int, location: str) -> list[str]:
    """Register a chain of runs; return the output components of the last one."""
    outputs = _register_components(client, WIDTH)
    for step in range(depth):
        inputs = outputs
        outputs = _register_components(client, WIDTH)
        if step == depth - 1:
            [outputs[-1]] = _register_components(
                client, 1, {"storage_location": location}
            )
        script = _post(client, "object", {"description": "a script"})
        _post(
            client,
            "code_run",
            {
                "run_date": _DAY,
                "description": f"step {step}",
                "submission_script": script["url"],
                "inputs": inputs,
                "outputs": outputs,
            },
        )
    return outputs


def _register_components(
    client: Client, number: int, fields: Mapping[str, str] = {}
) -> list[str]:
    made = _post(client, "object", [{"description": "a file", **fields}] * number)
    return [component for one in made for component in _to_strings(one["components"])]


def _to_strings(values: Iterable[Any]) -> list[str]:
    return [str(value) for value in values]


def _register_product(client: Client, component: str) -> str:
    """Register the object of a component as a data product; return its URL."""
    name = secrets.token_hex(8)
    namespace = _post(client, "namespace", {"name": name})
    found = require_status(client.get(_path_of_url(component)), 200).json()
    fields = {"namespace": namespace["url"], "name": name, "version": "1.0.0"}
    made = _post(client, "data_product", {**fields, "object": found["object"]})
    return str(made["url"])


def _only_record_url(target: Target, path: str) -> str:
    """Return the URL of the only record in a list."""
    with Client(target) as client:
        [record] = require_status(client.get(path), 200).json()["results"]
    return str(record["url"])


def _id_of_url(url: str) -> str:
    return url.rstrip("/").rpartition("/")[2]


def _path_of_url(url: str) -> str:
    return urlsplit(url).path
