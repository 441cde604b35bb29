"""Crates between real registries, and before other programs that read them."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.clients.environment import HERE, client_environment
from tests.files import sha1_of
from tests.plugins.server import LiveRegistry, StartRegistry
from tests.provenance.crates.made import FILES, SORTED, metadata, sorting, zipped

pytestmark = pytest.mark.xdist_group("crates")

ZIP = {"Content-Type": "application/zip"}


@pytest.fixture(scope="module")
def there(start_registry: StartRegistry) -> LiveRegistry:
    """Return a registry with the example, whose crates go elsewhere."""
    return start_registry(example=True)


@pytest.fixture(scope="module")
def here(start_registry: StartRegistry) -> LiveRegistry:
    """Return an empty registry."""
    return start_registry()


def get(registry: LiveRegistry, path: str, **query: Any) -> requests.Response:
    """GET what everybody may have."""
    answer = requests.get(f"{registry.url}/api/{path}", params=query, timeout=60)
    assert answer.status_code == 200, answer.text
    return answer


def post(registry: LiveRegistry, data: Any, **given: Any) -> requests.Response:
    """POST a crate as the administrator."""
    headers = {
        "Authorization": f"token {registry.token()}",
        **given.pop("headers", ZIP),
    }
    address = f"{registry.url}/api/ro-crate/"
    return requests.post(address, data=data, headers=headers, timeout=60, **given)


def figure_of(registry: LiveRegistry) -> dict[str, Any]:
    """Return the product at the end of the example."""
    [product] = get(registry, "data_product/", name="influenza/epidemic-curve").json()[
        "results"
    ]
    found: dict[str, Any] = product
    return found


def id_of(record: dict[str, Any]) -> str:
    """Return the id in a record's address."""
    return str(record["url"]).rstrip("/").rpartition("/")[2]


def lineage_of(registry: LiveRegistry, pk: str, depth: str = "all") -> Any:
    """Return a lineage as it would be in any registry: without ids and hosts."""
    found = get(registry, f"lineage/data_product/{pk}/", depth=depth).json()
    components = {
        edge["component"]: requests.get(edge["component"], timeout=60).json()["name"]
        for edge in found["edges"]
        if edge["component"]
    }
    names = {}
    nodes = set()
    for node in found["nodes"]:
        record = requests.get(node["url"], timeout=60).json()
        identity = record.get("uuid") or (record["name"], record["version"])
        date = record.get("run_date"), record.get("end_date")
        names[node["id"]] = (node["kind"], str(identity))
        nodes.add(
            (*names[node["id"]], node["version"], record.get("description"), date)
        )
    edges = sorted(
        (
            names[edge["source"]],
            names[edge["target"]],
            edge["type"],
            components.get(edge["component"]),
            edge["role"],
        )
        for edge in found["edges"]
    )
    return names[found["root"]], nodes, edges


@pytest.mark.parametrize("depth", ["1", "all"])
def test_what_one_registry_hands_out_another_takes_in(
    depth: str, there: LiveRegistry, start_registry: StartRegistry
) -> None:
    here = start_registry()
    figure = figure_of(there)
    crate = requests.get(
        figure["ro_crate"], params={"format": "zip", "depth": depth}, timeout=60
    )
    answer = post(here, crate.content)
    assert answer.status_code == 201, answer.text
    assert answer.json()["left_out"] == []
    taken = figure_of(here)
    told = lineage_of(here, id_of(taken), depth)
    assert told == lineage_of(there, id_of(figure), depth)
    assert len(told[2]) >= 5
    cited = "data_product/boarding-school:influenza/epidemic-curve@1.0.0"
    bytes_there, bytes_here = (
        requests.get(f"{registry.url}/{cited}", timeout=60).content
        for registry in (there, here)
    )
    assert bytes_here == bytes_there
    again = post(here, crate.content)
    assert (again.status_code, again.json()["registered"]) == (200, [])
    assert again.json()["records"] == answer.json()["records"]


def test_what_is_said_of_files_travels_with_them(
    there: LiveRegistry, start_registry: StartRegistry
) -> None:
    here = start_registry()
    figure = figure_of(there)
    crate = get(
        there, f"ro-crate/data-product/{id_of(figure)}/", format="zip", depth="all"
    )
    assert post(here, crate.content).status_code == 201
    for kind, fields in {
        "object": ("uuid", "description"),
        "author": ("uuid", "name", "identifier"),
        "file_type": ("name", "extension"),
        "licence": ("licence_info", "identifier"),
        "keyword": ("keyphrase", "identifier"),
        "key_value": ("key", "value"),
        "code_repo_release": ("name", "version", "website"),
        "external_object": (
            "identifier",
            "alternate_identifier",
            "primary_not_supplement",
            "release_date",
            "title",
            "version",
            "description",
        ),
        "code_run": ("uuid", "description", "run_date", "end_date"),
    }.items():
        told = {
            tuple(one[name] for name in fields)
            for one in get(here, f"{kind}/").json()["results"]
        }
        known = {
            tuple(one[name] for name in fields)
            for one in get(there, f"{kind}/").json()["results"]
        }
        # what no run of the crate touched stays behind: the document of the checks, and
        # the code and the project file of the run request
        assert told <= known
        assert len(told) >= 1
        missing = len(known) - len(told)
        assert missing <= {"object": 3, "key_value": 2, "licence": 0}.get(kind, 1)


def test_metadata_alone_leads_back_to_the_files(
    there: LiveRegistry, start_registry: StartRegistry
) -> None:
    here = start_registry()
    figure = figure_of(there)
    path = f"ro-crate/data-product/{id_of(figure)}/"
    crate = get(there, path, format="json-ld", depth="all")
    assert crate.headers["Content-Type"] == "application/ld+json"
    answer = post(here, crate.content, headers={"Content-Type": "application/ld+json"})
    assert answer.status_code == 201, answer.text
    assert answer.json()["files"] == 0
    assert lineage_of(here, id_of(figure_of(here))) == lineage_of(there, id_of(figure))
    cited = "data_product/boarding-school:influenza/epidemic-curve@1.0.0"
    led = requests.get(f"{here.url}/{cited}", timeout=60, allow_redirects=False)
    assert led.status_code == 302
    assert led.headers["Location"].startswith(f"{there.url}/data/")


def failures(*crates: Path) -> dict[str, dict[str, list[str]]]:
    """Return what a validator misses in crates, by their names and the profiles."""
    profiles = ("ro-crate-1.1", "process-run-crate-0.5")
    python = client_environment("crates") / "bin" / "python"
    # one process for all: what it takes longest for is to start
    command = [*map(str, (python, HERE / "validate_crate.py", *crates)), *profiles]
    found = subprocess.run(command, check=True, capture_output=True, text=True)
    missed: dict[str, dict[str, list[str]]] = json.loads(found.stdout)
    assert all({*one} == {*profiles} for one in missed.values())
    return missed


@pytest.mark.once
def test_programs_for_crates_read_them(there: LiveRegistry, tmp_path: Path) -> None:
    runcrate = client_environment("crates") / "bin" / "runcrate"
    figure = figure_of(there)
    run = get(there, "code_run/").json()["results"][0]
    files = []
    for name, path in {
        "product": f"ro-crate/data-product/{id_of(figure)}/",
        "run": f"ro-crate/code-run/{id_of(run)}/",
    }.items():
        file = tmp_path / f"{name}.zip"
        file.write_bytes(get(there, path, format="zip", depth="all").content)
        files.append(file)
        read = subprocess.run(
            [runcrate, "report", file], check=True, capture_output=True, text=True
        ).stdout
        assert read.count("action: ") == 3
        assert f"action: {there.url}/api/code_run/3" in read
        assert "outputs/influenza_epidemic-curve.svg" in read
    missed = failures(*files)
    assert {*missed} == {"product", "run"}
    assert [one for found in missed.values() for one in found.values()] == [[]] * 4


@pytest.mark.once
def test_crates_with_next_to_nothing_in_them_are_sound_too(
    here: LiveRegistry, tmp_path: Path
) -> None:
    bare = metadata(
        *(one for one in sorting() if one["@type"] not in {"File", "CreateAction"}),
        {
            "@id": "#nothing",
            "@type": "CreateAction",
            "name": "A run of which little is known",
            "endTime": "2026-01-01",
            "instrument": {"@id": sorting()[0]["@id"]},
        },
    )
    answer = post(here, zipped({}, bare))
    assert answer.status_code == 201, answer.text
    run = answer.json()["records"]["#nothing"]
    file = tmp_path / "bare.zip"
    path = run.removeprefix(f"{here.url}/api/code_run/")
    file.write_bytes(get(here, f"ro-crate/code-run/{path}", format="zip").content)
    assert list(failures(file)["bare"].values()) == [[], []]


def test_a_zip_in_pieces_of_unknown_number(here: LiveRegistry) -> None:
    crate = zipped(FILES)
    answer = post(here, (crate[at : at + 100] for at in range(0, len(crate), 100)))
    assert answer.status_code in {200, 201}, answer.text


def test_a_form_with_a_file(here: LiveRegistry) -> None:
    answer = post(here, None, files={"crate": ("my.zip", zipped(FILES))}, headers={})
    assert answer.status_code in {200, 201}, answer.text
    answer = post(here, None, files={"other": ("my.zip", b"")}, headers={})
    assert answer.status_code == 400
    assert "in the field 'crate'" in answer.json()["crate"][0]


def test_a_zip_that_is_read_while_it_comes(there: LiveRegistry) -> None:
    address = f"{there.url}/api/ro-crate/code-run/1/"
    with requests.get(
        address, params={"format": "zip"}, stream=True, timeout=60
    ) as answer:
        assert answer.headers["Content-Type"] == "application/zip"
        assert "code_run-1.zip" in answer.headers["Content-Disposition"]
        assert answer.headers["Cache-Control"] == "private, no-cache"
        assert "Content-Length" not in answer.headers
        data = answer.content
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert "ro-crate-preview.html" in archive.namelist()


def test_too_large_a_crate_is_told_so(start_registry: StartRegistry) -> None:
    small = start_registry(REGISTRY_CRATE_UPLOAD_MB="1", REGISTRY_CRATE_METADATA_MB="1")
    noise = b"".join(hash_bytes(number) for number in range(40_000))
    assert post(small, zipped({**FILES, "noise": noise})).status_code == 413
    answer = post(
        small, b" " * (2 * 2**20), headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 413
    assert post(small, zipped(FILES)).status_code == 201


def hash_bytes(number: int) -> bytes:
    """Return bytes that cannot be compressed."""
    return hashlib.sha256(str(number).encode()).digest()


def test_the_store_holds_what_came(here: LiveRegistry) -> None:
    post(here, zipped(FILES))
    answer = requests.get(f"{here.url}/data/{sha1_of(SORTED)}", timeout=60)
    assert answer.content == SORTED
