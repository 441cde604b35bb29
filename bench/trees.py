"""Several states of the code, measured in one run.

``python -m bench.trees before=../before after=.`` serves each of these folders, which
hold the registry in another state each, over one database, and sends each request to
all of them by turns, so that a busy moment of the machine falls on all. They must be
able to read what this state of the code has stored. Two figures are printed for each:
what the fastest tenth of the requests took, and the time of a processor; of the first
state in milliseconds, of the others as parts of that. It needs Linux.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from types import FrameType
from typing import Any

import django

from bench import registry
from bench.client import Client
from bench.kinds import Request, component, kinds
from bench.postgres import fresh_database

#: Requests to one state before the next has its turn.
BLOCK = 10
#: Rounds before the first that counts, so that every thread of a server is warm.
WARM_UP = 10
#: Records in one request while the registry is filled.
BULK = 1000


@dataclass(frozen=True)
class State:
    """A server of one state of the code."""

    name: str
    url: str
    pid: int

    def processor_seconds(self) -> float:
        """Return the time that its processes have spent on a processor.

        It is the same, or nearly so, however busy the machine is. On PostgreSQL that of
        the processes of the database counts too: they work for one state at a time.
        """
        return sum(map(_nanoseconds, [*_processes(self.pid), *_backends()])) / 1e9


@dataclass(frozen=True)
class Taken:
    """Seconds of single requests, and of a processor for one in each block."""

    wall: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)

    @property
    def quiet(self) -> float:
        """What a request took while the machine was least busy: the fastest tenth."""
        return quantiles(self.wall, n=10)[0]

    @property
    def worked(self) -> float:
        """The time of a processor, in the middle of all blocks."""
        return median(self.processor)


def _processes(pid: int) -> Iterator[str]:
    yield str(pid)
    yield from Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def _backends() -> Iterator[str]:
    from django.db import connection

    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
                "AND pid <> pg_backend_pid()"
            )
            yield from (str(pid) for (pid,) in cursor.fetchall())


def _nanoseconds(pid: str) -> int:
    """Return what Linux says that all threads of a process have had."""
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(thread.read_text().split()[0]) for thread in threads)


def main(arguments: Sequence[str]) -> None:
    """Measure, and print a table."""
    options = _options(arguments)
    folders = dict(state.split("=", 1) for state in options.states)
    with ExitStack() as stack:
        tokens = _prepare(stack, options.database)
        states = [_serve(stack, name, Path(folder)) for name, folder in folders.items()]
        _fill(states[0].url, tokens["token"], options)
        print(f"| {options.database} | {' | '.join(one.name for one in states)} |")
        print(f"|---{'|---' * len(states)}|", flush=True)
        for name, who, ask in kinds(options.objects, options.runs):
            if options.only in name:
                taken = _measure(states, tokens[who], ask, options.rounds)
                print(_line(name, taken), flush=True)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.trees", description=__doc__)
    parser.add_argument("states", nargs="+", metavar="name=folder")
    parser.add_argument(
        "--database", choices=("postgresql", "sqlite"), default="postgresql"
    )
    for name, default, meaning in (
        ("--objects", 20_000, "objects, each with a location and a component"),
        ("--runs", 4_000, "code runs, each reading what the one before it wrote"),
        ("--rounds", 40, f"of {BLOCK} requests of each kind to each state"),
    ):
        parser.add_argument(
            name, type=int, default=default, help=f"{meaning} ({default})"
        )
    parser.add_argument("--only", default="", help="only kinds with this in the name")
    return parser.parse_args(arguments)


def _prepare(stack: ExitStack, database: str) -> Mapping[str, str]:
    """Make an empty registry; return the tokens that requests have."""
    url = fresh_database(stack) if database == "postgresql" else ""
    address = registry.set_environment(stack, url)
    if not url:
        del os.environ["DATABASE_URL"]
    os.environ |= {
        "ALLOWED_HOSTS": "127.0.0.1",
        "REGISTRY_LOG_LEVEL": "WARNING",
        # the tokens of a session name it, so that all states are one issuer
        "REGISTRY_URL": address,
    }
    registry.manage("prepare", "--no-example")
    django.setup()
    logging.disable(logging.INFO)
    return _tokens()


def _tokens() -> Mapping[str, str]:
    # these import models, which exist once Django is set up
    from oauth2_provider.models import Application

    from registry.identity.models import User
    from registry.identity.oauth.scopes import PROFILE
    from registry.identity.oauth.sessions import (
        new_refresh_token,
        new_session,
        start_session,
    )
    from registry.identity.oauth.tokens import issue_access_token
    from registry.identity.services import issue_token

    user = User.objects.get(username="admin")
    client = Application.objects.create(
        client_id="bench",
        client_type="public",
        authorization_grant_type="authorization-code",
        redirect_uris="http://127.0.0.1",
    )
    session = new_session(client=client, user=user, scope=PROFILE)
    start_session(session, refresh_token=new_refresh_token())
    token = issue_token(user=user, by=None)
    return {
        "nobody": "",
        "token": token,
        "session": issue_access_token(session, [PROFILE]),
    }


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _serve(stack: ExitStack, name: str, folder: Path) -> State:
    port = _free_port()
    log = Path(os.environ["REGISTRY_DATA_DIR"]) / f"log-{port}"
    process = subprocess.Popen(
        [sys.executable, "manage.py", "serve"],
        cwd=folder,
        env=os.environ | {"PORT": str(port)},
        stdin=subprocess.DEVNULL,
        stdout=stack.enter_context(log.open("wb")),
        stderr=subprocess.STDOUT,
    )
    stack.callback(process.wait)
    stack.callback(process.terminate)
    url = f"http://127.0.0.1:{port}"
    registry.wait_until_ready(url, process, log)
    return State(name, url, process.pid)


def _fill(url: str, token: str, options: argparse.Namespace) -> None:
    """Register objects and a chain of runs, as anybody may."""

    def post(kind: str, count: int, make: Callable[[int], dict[str, Any]]) -> None:
        for first in range(1, count + 1, BULK):
            numbers = range(first, min(first + BULK, count + 1))
            client.post(f"/api/{kind}/", [make(n) for n in numbers])

    objects: int = options.objects
    with Client(url, token) as client:
        client.post("/api/storage_root/", {"root": "https://example.org/"})
        root = "/api/storage_root/1/"
        post(
            "storage_location",
            objects,
            lambda n: {"path": f"{n}.csv", "hash": f"{n:040x}", "storage_root": root},
        )
        post(
            "object",
            objects,
            lambda n: {
                "description": f"Object {n}",
                "storage_location": f"/api/storage_location/{n}/",
            },
        )
        post(
            "code_run",
            options.runs,
            lambda n: {
                "run_date": "2026-11-20T15:28:33Z",
                "description": f"Run {n}",
                "submission_script": "/api/object/1/",
                "inputs": [component(n, objects)],
                "outputs": [component(n + 1, objects)],
            },
        )


def _measure(
    states: Sequence[State], token: str, ask: Callable[[int], Request], rounds: int
) -> list[Taken]:
    """Send a block of requests to each state in every round, and return what it took.

    The states take turns at going first.
    """
    taken = [Taken() for _ in states]
    numbers = iter(range(1, 2**31))
    with ExitStack() as stack:
        clients = [stack.enter_context(Client(one.url, token)) for one in states]
        warm_up = min(WARM_UP, rounds)
        for turn in range(warm_up + rounds):
            for place in range(len(states)):
                at = (turn + place) % len(states)
                before = states[at].processor_seconds()
                seconds = [
                    _send(clients[at], *ask(next(numbers))) for _ in range(BLOCK)
                ]
                if turn >= warm_up:
                    used = states[at].processor_seconds() - before
                    taken[at].processor.append(used / BLOCK)
                    taken[at].wall.extend(seconds)
    return taken


def _send(client: Client, path: str, body: bytes | None) -> float:
    began = perf_counter()
    client.send("GET" if body is None else "POST", path, body)
    return perf_counter() - began


def _line(name: str, taken: Sequence[Taken]) -> str:
    """Write the milliseconds of the first state, and the others as parts of it."""
    first, *others = ((one.quiet, one.worked) for one in taken)
    cells = [f"{first[0] * 1000:.2f} ms, {first[1] * 1000:.2f} ms"]
    cells += [f"{wall / first[0]:.2f}, {cpu / first[1]:.2f}" for wall, cpu in others]
    return f"| {name} | {' | '.join(cells)} |"


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    # so that a terminated benchmark stops its servers like an interrupted one
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGINT, _interrupt)
    main(sys.argv[1:])
