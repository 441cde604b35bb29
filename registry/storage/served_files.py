"""Serve files of the server's disk that are not in the store.

Records can name any path. So only files below a folder that the operator has listed are
opened, whatever symbolic links and ``..`` a path contains.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from registry.core.errors import NotFound, Unavailable
from registry.storage.base import Reader, Snapshot
from registry.storage.checked_reading import (
    AlteredFile,
    Hashing,
    PartReader,
    WholeReader,
    find_sha1,
    read_if_small,
)
from registry.storage.filesystem import LocalFile
from registry.storage.services import local_store_folders

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
# opening a named pipe must not block until somebody writes into it
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK


@dataclass(frozen=True)
class ServedFile:
    """An open file on the server's disk, and its SHA-1 in the state ``snapshot``."""

    stream: BinaryIO
    snapshot: Snapshot
    sha1: str

    @property
    def size(self) -> int:
        """The size in bytes."""
        return self.snapshot.size

    def is_at(self, paths: Iterable[str]) -> bool:
        """Return whether one of these paths leads to this file, through any links."""
        here = os.fstat(self.stream.fileno())
        return any(_is_same_file(here, path) for path in paths)

    def open(self) -> Reader:
        """Return a reader of the whole file, which checks the bytes once more.

        Raises ``Unavailable`` if a small file was written since it was hashed.
        """
        self.stream.seek(0)
        try:
            reader = WholeReader(self._file, sha1=self.sha1, size=self.size)
            return read_if_small(reader)
        except AlteredFile as error:
            raise Unavailable("The file was written meanwhile; try again.") from error

    def open_part(self, start: int, length: int) -> Reader:
        """Return a reader of a part, which ends if the file is written meanwhile."""
        return PartReader(self._file, self.snapshot, start=start, length=length)

    @property
    def _file(self) -> LocalFile:
        return LocalFile(self.stream)


def served_roots() -> list[Path]:
    """Return the folders that files can be served from, with links resolved."""
    folders = [*settings.SERVED_ROOTS, *local_store_folders()]
    return [Path(os.path.realpath(folder)) for folder in folders]


def open_served_file(
    paths: Iterable[str], *, hashing: Hashing = nullcontext
) -> ServedFile:
    """Open the first of these paths that is a file which can be served.

    ``hashing`` is held while the file is hashed, unless its checksum is remembered.
    Raises the same ``NotFound`` if it does not exist, is not a regular file or must not
    be served, so that the error reveals nothing about the rest of the disk.
    """
    roots = served_roots()
    for path in paths:
        try:
            stream = _open_below_roots(path, roots)
        except (OSError, ValueError):
            continue
        return _to_served_file(stream, hashing)
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


def _to_served_file(stream: BinaryIO, hashing: Hashing) -> ServedFile:
    """Return an open file with its checksum; close it if that cannot be found."""
    try:
        file = LocalFile(stream)
        snapshot = file.snapshot()
        sha1 = find_sha1(file, snapshot, hashing=hashing)
    except BaseException:
        stream.close()
        raise
    return ServedFile(stream, snapshot, sha1)
