"""Protect the data folder from other accounts of the machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from registry.core.secret_files import restrict_to_owner

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Suffixes of SQLite's companion files, which get the permissions of the database file.
_COMPANION_SUFFIXES = ("-wal", "-shm", "-journal")


def protect_data() -> list[Path]:
    """Make database, keys, password and store private to the registry's own account.

    Returns the paths that were not private. A missing database file is created, because
    SQLite would create one that others can read. The folder itself is not changed: the
    operator can have reasons, such as another server for the static files.
    """
    database = _database_file()
    if database is not None:
        database.touch(mode=0o600)
    return restrict_to_owner(path for path in _private_paths() if path.exists())


def _private_paths() -> Iterator[Path]:
    database = _database_file()
    if database is not None:
        yield database
        for suffix in _COMPANION_SUFFIXES:
            yield database.with_name(f"{database.name}{suffix}")
    for name in ("secret-key", "admin-password"):
        yield settings.REGISTRY_DATA_DIR / name
    yield settings.SIGNING_KEYS_DIR
    yield from settings.SIGNING_KEYS_DIR.glob("*.pem")
    yield settings.STORE_DIR


def _database_file() -> Path | None:
    """Return the database file, or None if the database is not SQLite."""
    database = settings.DATABASES["default"]
    is_sqlite = database["ENGINE"].endswith("sqlite3")
    return Path(database["NAME"]) if is_sqlite else None
