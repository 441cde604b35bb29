"""Serve files of the server's disk that are not in the store.

Records can name any path. So only files below a folder that the operator has listed are
opened, whatever symbolic links and ``..`` a path contains.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.core.cache import cache

from registry.core.errors import NotFound
from registry.storage.base import CHUNK, Reader
from registry.storage.filesystem import LimitedReader
from registry.storage.services import local_store_folders

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
# opening a named pipe must not block until somebody writes into it
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK


@dataclass(frozen=True)
class ServedFile:
    """An open file on the server's disk, its size in bytes and its SHA-1."""

    stream: BinaryIO
    size: int
    sha1: str

    def is_at(self, paths: Iterable[str]) -> bool:
        """Return whether one of these paths leads to this file, through any links."""
        here = os.fstat(self.stream.fileno())
        return any(_is_same_file(here, path) for path in paths)

    def open(self, start: int, length: int | None) -> Reader:
        """Return a reader of the file from ``start``, or of ``length`` bytes of it."""
        self.stream.seek(start)
        return self.stream if length is None else LimitedReader(self.stream, length)


def served_roots() -> list[Path]:
    """Return the folders that files can be served from, with links resolved."""
    folders = [*settings.SERVED_ROOTS, *local_store_folders()]
    return [Path(os.path.realpath(folder)) for folder in folders]


def open_served_file(paths: Iterable[str]) -> ServedFile:
    """Open the first of these paths that is a file which can be served.

    Raises the same ``NotFound`` if it does not exist, is not a regular file or must not
    be served, so that the error reveals nothing about the rest of the disk.
    """
    roots = served_roots()
    for path in paths:
        try:
            stream = _open_below_roots(path, roots)
        except (OSError, ValueError):
            continue
        return _to_served_file(stream)
    raise NotFound(
        "The registry does not serve this file: it is not there, or not below a "
        "folder that the operator has listed in REGISTRY_SERVED_ROOTS."
    )


def _is_same_file(here: os.stat_result, path: str) -> bool:
    try:
        there = os.stat(path)  # noqa: PTH116 (a path can contain a null character)
    except (OSError, ValueError):
        return False
    return os.path.samestat(here, there)


def _open_below_roots(path: str, roots: Sequence[Path]) -> BinaryIO:
    """Open a path that resolves to a regular file below a root."""
    if not path.startswith("/"):
        raise ValueError(f"{path!r} is not absolute")
    real = Path(os.path.realpath(path, strict=True))
    root = next((folder for folder in roots if _is_served_below(folder, real)), None)
    if root is None:
        raise ValueError(f"{path!r} is not below a root")
    handle = _open_without_links(root, real.relative_to(root).parts)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise ValueError(f"{path!r} is not a regular file")
    return os.fdopen(handle, "rb")


def _is_served_below(root: Path, real: Path) -> bool:
    """Return whether a root allows a resolved path to be served.

    The registry's data folder contains its keys and its database. A root that happens
    to contain that folder, such as ``/srv``, does not allow files in it to be served.
    """
    own = Path(os.path.realpath(settings.REGISTRY_DATA_DIR))
    if real.is_relative_to(own) and (root == own or not root.is_relative_to(own)):
        return False
    return real.is_relative_to(root)


def _open_without_links(root: Path, parts: Sequence[str]) -> int:
    """Open the path that ``parts`` form below a root, without following any link.

    A resolved path contains no links: one that is there now was added since, by
    somebody who wants the registry to leave the root.
    """
    handle = os.open(root, _FOLDER)
    for part in parts:
        above = handle
        try:
            handle = os.open(part, _FILE, dir_fd=above)
        finally:
            os.close(above)
    return handle


def _to_served_file(stream: BinaryIO) -> ServedFile:
    """Return an open file with its checksum, which is cached until the file changes."""
    status = os.fstat(stream.fileno())
    state = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
    key = f"served-sha1:{':'.join(map(str, (*state, status.st_ctime_ns)))}"
    sha1 = cache.get(key)
    if sha1 is None:
        sha1 = _compute_sha1(stream)
        cache.set(key, sha1, timeout=None)
    return ServedFile(stream, status.st_size, sha1)


def _compute_sha1(stream: BinaryIO) -> str:
    digest = hashlib.sha1(usedforsecurity=False)
    while data := stream.read(CHUNK):
        digest.update(data)
    stream.seek(0)
    return digest.hexdigest()
