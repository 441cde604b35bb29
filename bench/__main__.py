"""Fill a registry, serve it, measure it, and print a table of the results."""

from __future__ import annotations

import argparse
import json
import logging
import signal
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

import django
import psycopg

from bench import registry
from bench.aims import Result
from bench.client import Client
from bench.postgres import fresh_database


def main(arguments: Sequence[str]) -> None:
    """Run the benchmark with these arguments."""
    options = _parse_options(arguments)
    with ExitStack() as stack:
        database = fresh_database(stack)
        url = registry.set_environment(stack, database)
        registry.manage("prepare", "--no-example")
        registry.serve(stack, url)
        django.setup()
        # this process answers requests as well, to count their statements
        logging.disable(logging.INFO)
        connection = stack.enter_context(psycopg.connect(database, autocommit=True))
        _run_measurements(options, url, connection)


def _parse_options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measure the API of a large registry and compare it with "
        "hand-written SQL. The database is created on the server of "
        "BENCH_DATABASE_URL, or on a PostgreSQL that is started for it, and dropped at "
        "the end.",
    )
    for name, default, meaning in (
        ("--objects", 100_000, "number of objects, each with its related records"),
        ("--runs", 20_000, "number of code runs; each reads the outputs of the last"),
        ("--samples", 200, "requests of each type; fewer of slow ones"),
    ):
        parser.add_argument(
            name, type=int, default=default, help=f"{meaning} (default: {default})"
        )
    parser.add_argument("--json", default="", help="also write the results to a file")
    parser.add_argument("--only", default="", help="only types with this in the name")
    return parser.parse_args(arguments)


def _run_measurements(
    options: argparse.Namespace, url: str, connection: psycopg.Connection
) -> None:
    # these import models, which is possible only after django.setup()
    from bench import documents, lineage
    from bench.content import Size, load_content
    from bench.measure import Bench
    from bench.report import format_heading, format_row
    from bench.request_types import request_types
    from registry.identity.models import User
    from registry.identity.services import issue_token

    user = User.objects.get(username="admin")
    size = Size(options.objects, options.runs)
    load_content(connection, user.pk, size)
    graphs = lineage.load_graphs(connection, user.pk, size)
    print(format_heading(connection, size, options.samples), flush=True)
    token = issue_token(user=user, by=None)
    results: dict[str, Result] = {}
    with Client(url, token) as client:
        bench = Bench(client, connection, token, options.samples)
        kinds = (
            *lineage.request_types(size, graphs),
            *documents.request_types(size),
            *request_types(size, user.pk),
        )
        for kind in kinds:
            if options.only in kind.name:
                results[kind.name] = bench.measure(kind)
                print(format_row(results[kind.name], kind.aim, results), flush=True)
    if options.json:
        medians = {name: one.milliseconds for name, one in results.items()}
        Path(options.json).write_text(json.dumps(medians))


def _raise_interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    # so that a terminated benchmark stops its servers, like an interrupted one
    signal.signal(signal.SIGTERM, _raise_interrupt)
    main(sys.argv[1:])
