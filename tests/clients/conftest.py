"""Two researchers who work the page `docs/guide/fair-client.md` through, once each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from tests.clients.environment import HERE
from tests.clients.researchers import (
    PAGE,
    PRINTED_RUN,
    Researcher,
    register_namespaces,
    researcher,
)
from tests.plugins.server import LiveRegistry, StartRegistry

SET_UP = {"The two registries and their tokens", "The client", "The project"}
ELSEWHERE = "Use it somewhere else"
PRINTED_SOURCE = "https://data.example.org"

EXAMPLE = HERE.parents[1] / "examples" / "boarding-school-influenza"
UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


@pytest.fixture(scope="session")
def source() -> Iterator[str]:
    """Publish the school's counts on the web, and return the address."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(EXAMPLE))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="session")
def remote(start_registry: StartRegistry) -> LiveRegistry:
    """Start the registry that Ada and Grace share, where each has an account."""
    registry = start_registry(example=True)
    for name in ("ada", "grace"):
        registry.user(name, f"the password of {name}")
    return registry


@pytest.fixture(scope="session")
def ada(
    tmp_path_factory: pytest.TempPathFactory,
    start_registry: StartRegistry,
    remote: LiveRegistry,
    source: str,
) -> Researcher:
    """Return Ada, who has worked the page through."""
    home = tmp_path_factory.mktemp("ada")
    ada = researcher("ada", home, start_registry(example=True), remote)
    ada.machine.names[PRINTED_SOURCE] = source
    for block in PAGE:
        if block.section == ELSEWHERE:
            continue
        printed = ada.machine.follow([block], ada.project)
        if block.text == "fair list\n":
            (ada.machine.names[PRINTED_RUN],) = re.findall(f"({UUID}) +Growth", printed)
    return ada


@pytest.fixture(scope="session")
def grace(
    tmp_path_factory: pytest.TempPathFactory,
    start_registry: StartRegistry,
    remote: LiveRegistry,
    ada: Researcher,
) -> Researcher:
    """Return Grace, who has set the client up as Ada did and pulled from the remote."""
    home = tmp_path_factory.mktemp("grace")
    grace = researcher("grace", home, start_registry(example=True), remote)
    grace.machine.names |= {
        "Ada": "Grace",
        "Lovelace": "Hopper",
        "people/ada": "people/grace",
        "output: ada": "output: grace",
        "remote_user: ada": "remote_user: grace",
    }
    register_namespaces(remote, grace.machine.secrets["REMOTE_TOKEN"])
    page = [block for block in PAGE if block.section in {*SET_UP, ELSEWHERE}]
    grace.machine.follow(page, grace.project)
    return grace
