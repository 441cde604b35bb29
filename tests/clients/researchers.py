"""The people and the registries of the tests of the FAIR Data Pipeline's clients."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests.clients.environment import client_environment
from tests.clients.guide import blocks
from tests.clients.machine import Machine
from tests.plugins.server import LiveRegistry

PAGE = blocks("fair-client.md")
# What stands on the page for things that have other names here.
PRINTED_RUN = "3f0c7a52-9d1e-4b8e-8f5b-6c1d2e4a7b90"
PRINTED_LOCAL = "http://127.0.0.1:8000"
PRINTED_REMOTE = "https://registry.example.org"

MANY = {f"group-{number}" for number in range(120)}


@dataclass(frozen=True)
class Registry:
    """A live registry, read as anybody can read it."""

    live: LiveRegistry

    @property
    def url(self) -> str:
        """The address of the registry, without a slash at its end."""
        return self.live.url

    def get(self, record: str, **query: Any) -> Any:
        """Return the JSON of a record, by its URL, or of a list, by its name."""
        url = record if record.startswith("http") else f"{self.url}/api/{record}/"
        answer = requests.get(url, params=query, timeout=60)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def one(self, record: str, **query: Any) -> Any:
        """Return the only record of a list that fits the query."""
        (found,) = self.get(record, **query)["results"]
        return found

    def file(self, path: str) -> bytes:
        """Return the file that an address of the registry leads to."""
        answer = requests.get(f"{self.url}/{path}", timeout=60)
        assert answer.status_code == 200, answer.text
        return answer.content

    def stored(self, object_url: str) -> bytes:
        """Return the file of an object, from where its location says it is."""
        location = self.get(self.get(object_url)["storage_location"])
        root = self.get(location["storage_root"])["root"]
        return requests.get(root + location["path"], timeout=60).content

    def products(self, components: list[str]) -> set[str]:
        """Return the names of the data products whose files are these components."""
        objects = [self.get(self.get(url)["object"]) for url in components]
        urls = [url for record in objects for url in record["data_products"]]
        return {self.get(url)["name"] for url in urls}


@dataclass(frozen=True)
class Researcher:
    """Somebody with a machine, a project on it and two registries."""

    machine: Machine
    project: Path
    local: Registry
    remote: Registry

    def registry(self, name: str) -> Registry:
        """Return the registry that is called "local" or "remote"."""
        return {"local": self.local, "remote": self.remote}[name]

    @property
    def store(self) -> Path:
        """The data store of the machine."""
        return self.machine.home / ".fair" / "data"

    @property
    def run(self) -> str:
        """The UUID of the run that `fair list` has shown."""
        return self.machine.names[PRINTED_RUN]

    @property
    def written(self) -> bytes:
        """What the model of the page wrote."""
        (file,) = (self.store / "ada" / "growth").iterdir()
        return file.read_bytes()


def register_namespaces(registry: LiveRegistry, token: str) -> None:
    """Register more namespaces than a page of a list holds; `fair pull` takes all."""
    answer = requests.post(
        f"{registry.url}/api/namespace/",
        json=[{"name": name} for name in MANY],
        headers={"Authorization": f"token {token}"},
        timeout=60,
    )
    assert answer.status_code == 201, answer.text


def researcher(
    name: str, home: Path, local: LiveRegistry, remote: LiveRegistry
) -> Researcher:
    """Return somebody who has the clients, and a project that is still empty."""
    project = home / "project"
    machine = Machine(
        home,
        client_environment("fair") / "bin",
        names={
            PRINTED_LOCAL: local.url,
            PRINTED_REMOTE: remote.url,
            "git@example.org:ada/school-growth.git": str(home / "project.git"),
            "/home/ada/school-growth": str(project),
            "/home/grace/forecast": str(project),
            "/home/ada": str(home),
        },
        secrets={"LOCAL_TOKEN": local.token(), "REMOTE_TOKEN": remote.token(name)},
    )
    machine.run("git init --quiet --bare project.git", home)
    machine.run("git clone --quiet project.git project", home)
    return Researcher(machine, project, Registry(local), Registry(remote))
