"""Keeping what is in the data folder from other accounts of the machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from registry.core.secret_files import restrict_to_owner

if TYPE_CHECKING:
    from collections.abc import Iterator

#: SQLite has these beside a database, with the permissions of the database itself.
_BESIDE_DATABASE = ("-wal", "-shm", "-journal")


def protect_data() -> list[Path]:
    """Make database, keys, password and store private to the registry's own account.

    A database file that does not exist is made, since SQLite would let others read it.
    Returns what was not private. The folder itself stays as it is: the operator may
    have reasons, such as another server for the static files.
    """
    database = _database_file()
    if database is not None:
        database.touch(mode=0o600)
    return restrict_to_owner(path for path in _private_paths() if path.exists())


def _private_paths() -> Iterator[Path]:
    database = _database_file()
    if database is not None:
        yield database
        for ending in _BESIDE_DATABASE:
            yield database.with_name(f"{database.name}{ending}")
    for name in ("secret-key", "admin-password"):
        yield settings.REGISTRY_DATA_DIR / name
    yield settings.SIGNING_KEYS_DIR
    yield from settings.SIGNING_KEYS_DIR.glob("*.pem")
    yield settings.STORE_DIR


def _database_file() -> Path | None:
    """Return the file of the database, if it is one of SQLite."""
    database = settings.DATABASES["default"]
    is_sqlite = database["ENGINE"].endswith("sqlite3")
    return Path(database["NAME"]) if is_sqlite else None
