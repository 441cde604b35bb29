"""Measure run requests: how many tasks a minute, and requests of 100,000 jobs.

``python -m bench.execution`` serves a registry, on SQLite or PostgreSQL. Executors with
one and with eight connections claim tasks and complete them, a few at a time; beside
that, bare SQL does the same writes. Then it makes one request of very many jobs, reads
its numbers, its pages and its lists, and suspends it.
"""

from __future__ import annotations

import argparse
import http.client
import json
import statistics
import sys
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import django

from bench import registry
from bench.postgres import fresh_database

#: Tasks that an executor claims, and completes, by one request.
BATCHES = (1, 20)
CONNECTIONS = (1, 8)
SLUG = "bench"


def main(arguments: Sequence[str]) -> None:
    """Measure and print two tables."""
    options = _parse_options(arguments)
    with ExitStack() as stack:
        database = fresh_database(stack) if options.database == "postgresql" else ""
        url = registry.set_environment(stack, database)
        registry.manage("prepare", "--no-example")
        registry.serve(stack, url)
        django.setup()
        site = Site(url, *_prepare())
        print(f"{options.database}, {options.tasks} tasks for each number", flush=True)
        print("| connections | tasks a request | tasks a minute | bare SQL | ratio |")
        print("|---|---|---|---|---|")
        for connections in CONNECTIONS:
            for batch in BATCHES:
                _print_rate(site, connections, batch, options.tasks)
        _measure_large(site, options.jobs, options.samples)


def _parse_options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.execution", description=__doc__
    )
    databases = ("sqlite", "postgresql")
    parser.add_argument("--database", choices=databases, default="postgresql")
    for name, default, meaning in (
        ("--tasks", 2000, "tasks for each number of connections"),
        ("--jobs", 100_000, "jobs of the large request"),
        ("--samples", 20, "reads of each kind"),
    ):
        help_text = f"{meaning} ({default})"
        parser.add_argument(name, type=int, default=default, help=help_text)
    return parser.parse_args(arguments)


def _prepare() -> tuple[str, str]:
    """Register a backend with an executor; return the tokens of admin and executor."""
    from registry.core.records import create_records
    from registry.execution.models import Backend, BackendGrant
    from registry.identity.models import User
    from registry.identity.services import create_user, issue_token

    admin = User.objects.get(username="admin")
    executor = create_user(username="executor", by=admin)
    [backend] = create_records(Backend, [{"slug": SLUG, "name": SLUG}], by=admin)
    grant = {"backend": backend, "user": executor.pk, "use": "execute"}
    create_records(BackendGrant, [grant], by=admin)
    return issue_token(user=admin, by=admin), issue_token(user=executor, by=admin)


@dataclass(frozen=True)
class Site:
    """The registry that is measured, and the tokens of its users."""

    url: str
    admin: str
    executor: str


class Connection:
    """One connection that stays open."""

    def __init__(self, site: Site, token: str) -> None:
        self._http = http.client.HTTPConnection(urlsplit(site.url).netloc, timeout=120)
        self._headers = {
            "Authorization": f"token {token}",
            "Content-Type": "application/json",
            "Accept": "application/json",
        }

    def send(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request and return its JSON; exit if it is refused."""
        data = None if body is None else json.dumps(body)
        self._http.request(method, path, data, self._headers)
        response = self._http.getresponse()
        content = response.read()
        if response.status >= 400:
            raise SystemExit(f"{method} {path}: {response.status} {content[:500]!r}")
        is_json = response.headers.get_content_type() == "application/json"
        return json.loads(content) if is_json and content else content


def _register(site: Site, jobs: int) -> int:
    """Register a request of so many jobs of one task each, and have them made."""
    from registry.execution.scheduler import tick

    made = Connection(site, site.admin).send(
        "POST",
        "/api/run_request/",
        {
            "description": f"{jobs} jobs",
            "backend": SLUG,
            "jobs": jobs,
            "tasks": [{"name": "one", "command": ["true"]}],
        },
    )
    while tick().made:
        pass
    return int(made["url"].split("/")[-2])


def _print_rate(site: Site, connections: int, batch: int, tasks: int) -> None:
    _register(site, tasks)
    ours = _rate(tasks, connections, lambda: _Executor(site, batch))
    bare = _rate(tasks, connections, lambda: _BareSQL(batch, tasks // connections))
    cells = (connections, batch, round(ours), round(bare), round(bare / ours, 1))
    print(f"| {' | '.join(map(str, cells))} |", flush=True)


def _rate(tasks: int, connections: int, worker: Callable[[], Any]) -> float:
    """Return how many tasks a minute so many workers do."""
    threads = [threading.Thread(target=worker().run) for _ in range(connections)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return 60 * tasks / (time.perf_counter() - start)


class _Executor:
    """Claims and completes tasks until there are no more."""

    def __init__(self, site: Site, batch: int) -> None:
        self._connection = Connection(site, site.executor)
        self._batch, self._host = batch, uuid.uuid4().hex[:8]

    def run(self) -> None:
        """Do all that there is."""
        question = {"backend": SLUG, "host": self._host, "slots": self._batch}
        while True:
            answer = self._connection.send("POST", "/api/backend/claim/", question)
            if not answer["attempts"]:
                return
            reports = [
                {"lease": one["lease"], "outcome": "done", "exit_code": 0}
                for one in answer["attempts"]
            ]
            body = {"attempts": reports}
            self._connection.send("POST", "/api/attempt/complete/", body)


class _BareSQL:
    """Does by bare SQL what a claim and a report write: tasks, attempts, code runs."""

    def __init__(self, batch: int, number: int) -> None:
        self._batch, self._number = batch, number

    def run(self) -> None:
        """Write as much as an executor's share of the tasks does."""
        from bench.execution_sql import write_batches

        write_batches(self._batch, self._number)


def _measure_large(site: Site, jobs: int, samples: int) -> None:
    start = time.perf_counter()
    pk = _register(site, jobs)
    print(f"\n{jobs} jobs were made in {time.perf_counter() - start:.0f} s")
    print("| request of that many jobs | median ms |\n|---|---|")
    reader = Connection(site, site.admin)
    for name, path in (
        ("progress", f"/api/run_request/{pk}/progress/"),
        ("its record", f"/api/run_request/{pk}/"),
        ("first tasks", f"/api/task/?run_request={pk}&page_size=100"),
        ("tasks by state", f"/api/task/?run_request={pk}&state=ready&page_size=100"),
        ("first jobs", f"/api/job/?run_request={pk}&page_size=100"),
        ("the page of the request", f"/run_request/{pk}/"),
        ("the page of all requests", "/run_request/"),
    ):
        times = [_time(partial(reader.send, "GET", path)) for _ in range(samples)]
        print(f"| {name} | {1000 * statistics.median(times):.1f} |", flush=True)
    for action in ("suspend", "resume", "cancel"):
        path = f"/api/run_request/{pk}/{action}/"
        taken = _time(partial(reader.send, "POST", path, {}))
        print(f"| {action} all | {1000 * taken:.0f} |", flush=True)


def _time(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main(sys.argv[1:])
