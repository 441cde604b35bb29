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
from collections.abc import Callable, Iterator
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
TEMPLATES, _TEMPLATE = "TEST_TEMPLATES", "migrated_template"


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


def fresh_database(stack: ExitStack, template: str = "") -> dict[str, str]:
    """Copy a template to a database beside it; return the variables that name it.

    The template is the migrated database by default. On PostgreSQL the copy is dropped
    at the end. On SQLite it is a file in the data folder, which no variable needs to
    name and which the caller copies.
    """
    name = f"live_{secrets.token_hex(6)}"
    if _server():
        stack.callback(_execute, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
    return _copied(template or migrated_database(), name)


def template_database(name: str) -> dict[str, str]:
    """Copy the migrated database to another template; return as `fresh_database`."""
    # one of an earlier run, on a server that outlives them
    if _server():
        _execute("DROP DATABASE IF EXISTS {}", name)
    return _copied(migrated_database(), name)


@functools.cache
def migrated_database() -> str:
    """Return a database with all tables and no rows, to be copied.

    On PostgreSQL the answer is its name, on SQLite its file.
    """
    folder = made_once("migrated", _migrate)
    return _TEMPLATE if _server() else str(folder / "registry.sqlite3")


def made_once(name: str, make: Callable[[Path], None]) -> Path:
    """Return a folder that `make` has filled, once for all processes of a run.

    The first process that asks makes it, and others wait for it.
    """
    folder = Path(os.environ[TEMPLATES]) / name
    is_made = folder.with_suffix(".made")
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_made.exists():
            folder.mkdir()
            make(folder)
            is_made.touch()
    return folder


def _migrate(folder: Path) -> None:
    variables = {"REGISTRY_DATA_DIR": str(folder)}
    if _server():
        _execute("DROP DATABASE IF EXISTS {}", _TEMPLATE)
        _execute("CREATE DATABASE {}", _TEMPLATE)
        variables |= _address(_TEMPLATE)
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity=0"],
        cwd=ROOT,
        env=os.environ | variables,
        timeout=PATIENCE,
        check=True,
    )


def _copied(template: str, name: str) -> dict[str, str]:
    if not _server():
        return {}
    _execute("CREATE DATABASE {} TEMPLATE {}", name, template)
    return _address(name)


def _address(name: str) -> dict[str, str]:
    return {"DATABASE_URL": urlsplit(_server())._replace(path=f"/{name}").geturl()}


def _execute(statement: str, *names: str) -> None:
    with psycopg.connect(_server(), autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _server() -> str:
    """Return the address of the PostgreSQL of this run; nothing on SQLite."""
    address = os.environ.get("DATABASE_URL", "")
    return address if address.startswith("postgres") else ""
