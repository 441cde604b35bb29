"""Whether the data folder has room, and can be written to."""

from __future__ import annotations

import shutil
import tempfile

from django.conf import settings

from registry.core.troubles import is_full, was_full_recently

_MEGABYTE = 1024 * 1024


def problem_of_disk() -> str:
    """Say why nothing can be stored; nothing where it can.

    A full disk that the registry cannot look at, such as that of a database server,
    is told of for half a minute after a write has failed.
    """
    folder = settings.REGISTRY_DATA_DIR
    try:
        free = shutil.disk_usage(folder).free
        with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
            file.write(b"ready")
    except OSError as error:
        if is_full(error):
            return "the disk of the data folder is full"
        return f"the data folder cannot be written to: {error.strerror}"
    if free < settings.FREE_MB * _MEGABYTE:
        return f"the disk of the data folder has less than {settings.FREE_MB} MB left"
    return "a disk was full a moment ago" if was_full_recently() else ""
