"""Check that the disks have space left and can be written to."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from django.conf import settings
from django.db import connection

from registry.core.database_errors import disk_was_full_recently, is_disk_full

_MEGABYTE = 1024 * 1024


def find_disk_problem() -> str:
    """Return why nothing can be stored; an empty string if everything is fine.

    The disk of a database server cannot be inspected: it is reported as full for half a
    minute after a write has failed.
    """
    for name, folder in _written_folders().items():
        problem = _find_folder_problem(name, folder)
        if problem:
            return problem
    is_elsewhere = connection.vendor != "sqlite" and disk_was_full_recently()
    return "a disk was full a moment ago" if is_elsewhere else ""


def _written_folders() -> dict[str, Path]:
    """Return the folders that are written to; they can be on several disks."""
    folders = {"data folder": settings.REGISTRY_DATA_DIR}
    if settings.STORE_DIR.is_dir():
        folders["store"] = settings.STORE_DIR
    if connection.vendor == "sqlite":
        folders["database"] = Path(connection.settings_dict["NAME"]).parent
    return folders


def _find_folder_problem(name: str, folder: Path) -> str:
    try:
        free = shutil.disk_usage(folder).free
        with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
            file.write(b"ready")
    except OSError as error:
        if is_disk_full(error):
            return f"the disk of the {name} is full"
        return f"the {name} cannot be written to: {error.strerror}"
    if free < settings.FREE_MB * _MEGABYTE:
        return f"the disk of the {name} has less than {settings.FREE_MB} MB left"
    return ""
