"""Databases for tests, as copies of one that was migrated once.

To migrate takes much longer than to copy. So the first process of a run that needs a
database makes a template, and every database of the run is a copy of it: that of each
worker, and that of each live registry.
"""

from __future__ import annotations

import fcntl
import functools
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

ROOT = Path(__file__).resolve().parents[2]
#: Seconds to wait for what a busy machine takes long for.
PATIENCE = 180
#: The variable that names the folder of what the processes of a run share, and the
#: database on PostgreSQL that is copied.
TEMPLATES, _TEMPLATE = "TEST_TEMPLATES", "live_template"


@contextmanager
def own_database() -> Iterator[None]:
    """Connect Django to a database of this process, until the end of the block."""
    # this module is imported before Django may read its settings
    from django.conf import settings

    configured = settings.DATABASES["default"]["NAME"]
    with ExitStack() as stack:
        variables = fresh_database(stack)
        if variables:
            name = urlsplit(variables["DATABASE_URL"]).path.removeprefix("/")
        else:
            name = settings.DATABASES["default"]["TEST"]["NAME"]
            shutil.copyfile(migrated_database(), name)
        _connect(name)
        yield
        _connect(configured)


def _connect(name: str | Path) -> None:
    from django.conf import settings
    from django.db import connection

    connection.close()
    # other threads make their connections from the first
    settings.DATABASES["default"]["NAME"] = name
    connection.settings_dict["NAME"] = name


def fresh_database(stack: ExitStack) -> dict[str, str]:
    """Make a database beside that of the tests; return the variables that name it.

    On PostgreSQL it is dropped at the end. On SQLite it is a file in the data folder,
    which no variable needs to name.
    """
    server = os.environ.get("DATABASE_URL", "")
    if not server.startswith("postgres"):
        return {}
    name = f"live_{secrets.token_hex(6)}"
    _execute(server, "CREATE DATABASE {} TEMPLATE {}", name, migrated_database())
    stack.callback(_execute, server, "DROP DATABASE {} WITH (FORCE)", name)
    return {"DATABASE_URL": urlsplit(server)._replace(path=f"/{name}").geturl()}


@functools.cache
def migrated_database() -> str:
    """Return a database with all tables and no rows, to be copied.

    It is made once for a run of tests, whichever of its processes needs it first: to
    migrate takes most of the time that a registry takes to start. On PostgreSQL the
    answer is its name, on SQLite its file.
    """
    folder = Path(os.environ[TEMPLATES])
    server = os.environ.get("DATABASE_URL", "")
    file = folder / "registry.sqlite3"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "made").exists():
            variables = {"REGISTRY_DATA_DIR": str(folder)}
            if server.startswith("postgres"):
                # one of an earlier run, on a server that outlives them
                _execute(server, "DROP DATABASE IF EXISTS {}", _TEMPLATE)
                _execute(server, "CREATE DATABASE {}", _TEMPLATE)
                address = urlsplit(server)._replace(path=f"/{_TEMPLATE}")
                variables["DATABASE_URL"] = address.geturl()
            _migrate(variables)
            (folder / "made").touch()
    return _TEMPLATE if server.startswith("postgres") else str(file)


def _migrate(variables: dict[str, str]) -> None:
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity=0"],
        cwd=ROOT,
        env=os.environ | variables,
        timeout=PATIENCE,
        check=True,
    )


def _execute(server: str, statement: str, *names: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
