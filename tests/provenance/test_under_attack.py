"""Costly reads at a live registry, many at once: everybody else is answered."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from registry.provenance.picture import AT_ONCE
from tests.plugins.server import LiveRegistry, StartRegistry

PATIENCE = 60
DEPTH, THREADS = 8, 8
#: Characters of a description, and objects with it: more than sockets take unread.
LONG, MANY = 1_000_000, 40
SVG = '<svg xmlns="http://www.w3.org/2000/svg"><g/></svg>'


class Dot:
    """A program ``dot`` that draws nothing before it is told to."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.path = f"{folder}:{os.environ['PATH']}"
        os.mkfifo(folder / "gate")
        self._gate = os.open(folder / "gate", os.O_RDWR)
        program = folder / "dot"
        program.write_text(
            "#!/bin/sh\n"
            "cat >/dev/null\n"
            f'echo > "{folder}/begun.$$"\n'
            f'read -r go < "{folder}/gate"\n'
            f"echo '{SVG}'\n",
            encoding="utf-8",
        )
        program.chmod(program.stat().st_mode | stat.S_IXUSR)

    @property
    def begun(self) -> int:
        """How many pictures were begun so far."""
        return len(list(self._folder.glob("begun.*")))

    def release(self, number: int) -> None:
        """Let so many pictures be drawn."""
        os.write(self._gate, b"go\n" * number)

    def close(self) -> None:
        """Let nothing wait any more."""
        os.close(self._gate)


class World:
    """A registry with several chains of runs, and people who ask from anywhere."""

    def __init__(self, registry: LiveRegistry, dot: Dot) -> None:
        self.registry, self.dot = registry, dot
        self.token = {"Authorization": f"token {registry.token()}"}
        self.fill()
        self.renew()

    def renew(self) -> None:
        """Register chains of which no picture was drawn yet."""
        self.ends = [self._chain() for _ in range(3)]

    def _post(self, endpoint: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        answer = requests.post(
            f"{self.registry.url}/api/{endpoint}/",
            json=rows,
            headers=self.token,
            timeout=PATIENCE,
        )
        assert answer.status_code == 201, answer.text
        made: list[dict[str, Any]] = answer.json()
        return made

    def _chain(self) -> str:
        things = self._post("object", [{"description": f"{n}"} for n in range(DEPTH)])
        runs = [
            {
                "run_date": "2026-01-01T00:00:00Z",
                "description": "A run",
                "submission_script": before["url"],
                "inputs": before["components"],
                "outputs": after["components"],
            }
            for before, after in pairwise(things)
        ]
        self._post("code_run", runs)
        return str(things[-1]["url"].rstrip("/").rpartition("/")[2])

    def fill(self) -> None:
        """Register more than sockets take unread."""
        texts = [{"description": "x" * LONG} for _ in range(MANY)]
        self._post("object", texts)

    def get(self, path: str, address: int = 0, **headers: str) -> requests.Response:
        """Ask from one of many addresses."""
        return requests.get(
            f"{self.registry.url}{path}",
            headers={"X-Forwarded-For": f"198.51.100.{address}", **headers},
            timeout=PATIENCE,
        )

    def picture(self, number: int) -> requests.Response:
        """Ask for one of a few pictures, each time from another address."""
        end = self.ends[number % len(self.ends)]
        path = f"/api/prov-report/object/{end}/?depth={DEPTH}&format=svg"
        return self.get(path, number)

    def others_are_answered(self) -> None:
        """Ask for what costs little."""
        for path in ("/livez", "/api/object/", f"/api/object/{self.ends[0]}/", "/"):
            assert self.get(path).status_code == 200, path

    @contextmanager
    def unread_exports(self, *addresses: int) -> Iterator[None]:
        """Hold exports of which nothing but the status is read."""
        with ExitStack() as held:
            for address in addresses:
                held.enter_context(self._unread_export(address))
            yield

    def _unread_export(self, address: int) -> socket.socket:
        """Ask for an export until there is a slot; the last test's may still end."""
        deadline = monotonic() + PATIENCE
        while monotonic() < deadline:
            client = self._ask_for_export(address)
            if client.recv(12) == b"HTTP/1.1 200":
                return client
            client.close()
        raise AssertionError("no slot for an export")

    def _ask_for_export(self, address: int) -> socket.socket:
        place = urlsplit(self.registry.url)
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect((place.hostname, place.port))
        client.sendall(
            "GET /api/object/?format=csv HTTP/1.1\r\n"
            f"Host: {place.netloc}\r\n"
            f"X-Forwarded-For: 198.51.100.{address}\r\n\r\n".encode()
        )
        return client


@pytest.fixture(scope="module")
def world(
    start_registry: StartRegistry, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """Start a registry whose pictures wait until a test lets them be drawn."""
    dot = Dot(tmp_path_factory.mktemp("dot"))
    registry = start_registry(
        PATH=dot.path, REGISTRY_THREADS=str(THREADS), REGISTRY_PROXIES="1"
    )
    yield World(registry, dot)
    dot.close()


def _until(is_true: Callable[[], bool]) -> None:
    deadline = monotonic() + PATIENCE
    while not is_true():
        assert monotonic() < deadline


def _refused(answer: requests.Response) -> bool:
    if answer.status_code == 503:
        assert int(answer.headers["Retry-After"]) >= 1
        assert "try again" in answer.json()["detail"]
    return answer.status_code == 503


@pytest.mark.parametrize("number", [8, 24])
def test_nobody_waits_while_pictures_are_being_drawn(world: World, number: int) -> None:
    world.renew()
    before = world.dot.begun
    with ThreadPoolExecutor(number) as pool:
        asked: set[Future[requests.Response]] = {
            pool.submit(world.picture, at + number) for at in range(number)
        }
        _until(lambda: world.dot.begun == before + AT_ONCE)
        # all but those that are being drawn are answered while these are
        _until(lambda: sum(one.done() for one in asked) == number - AT_ONCE)
        world.others_are_answered()
        assert world.dot.begun == before + AT_ONCE
        world.dot.release(AT_ONCE)
        done, _ = wait(asked, timeout=PATIENCE)
    answers = [one.result() for one in done]
    assert sum(_refused(one) for one in answers) == number - AT_ONCE
    drawn = [one for one in answers if not _refused(one)]
    assert [(one.status_code, one.text.strip()) for one in drawn] == [
        (200, SVG)
    ] * AT_ONCE


def test_exports_that_nobody_reads_keep_nobody_waiting(world: World) -> None:
    """They are made into a file, and their slots are free when they are made."""
    lineage = f"/api/lineage/object/{world.ends[0]}/"
    with world.unread_exports(*range(2 * THREADS)):
        world.others_are_answered()
        _until(lambda: world.get(lineage, 99).status_code == 200)


def test_costly_reads_of_one_address_leave_some_to_others(world: World) -> None:
    world.renew()
    before = world.dot.begun
    lineage = f"/api/lineage/object/{world.ends[0]}/"
    paths = [
        f"/api/prov-report/object/{end}/?depth={DEPTH}&format=svg" for end in world.ends
    ]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        drawing = [pool.submit(world.get, path, 7) for path in paths[:AT_ONCE]]
        _until(lambda: world.dot.begun == before + AT_ONCE)
        # a third one of the same address has a slot, but nothing to draw with
        assert _refused(world.get(paths[AT_ONCE], 7))
        assert world.get(lineage, 8).status_code == 200
        assert world.get(lineage, 99, **world.token).status_code == 200
        world.others_are_answered()
        world.dot.release(AT_ONCE)
        assert [one.result().status_code for one in drawing] == [200] * AT_ONCE
