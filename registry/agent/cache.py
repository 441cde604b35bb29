"""Files by checksum, shared by all agents with the same folder.

A file is renamed to its checksum once it is complete and verified, so readers need no
lock. If several tasks need the same file at once, one fetches it and the others wait.
The files that were used longest ago make room for new ones.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from registry.agent.files import FileLock, make_room

CHUNK = 1024 * 1024
#: The prefix of incomplete files, and the seconds after which they are abandoned.
_PART, _PART_AGE = ".part-", 24 * 3600
_SHA1 = re.compile("[0-9a-f]{40}")

Fetch = Callable[[], Iterator[bytes]]


class WrongChecksum(Exception):
    """The bytes do not have the expected checksum."""


class _Cached(NamedTuple):
    """A file in the cache, in the order of removal."""

    used: float
    size: int
    path: Path


class FileCache:
    """A folder of files by their SHA-1, of a limited size in bytes."""

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self.folder, self.max_bytes = folder, max_bytes
        self._locks = folder / "locks"
        self._locks.mkdir(parents=True, exist_ok=True)

    def place(self, sha1: str, size: int | None, target: Path, fetch: Fetch) -> None:
        """Copy a file to ``target``; fetch it first unless it is in the cache.

        Without a ``size``, room is made only after the file has arrived. Raises
        ``WrongChecksum`` if what ``fetch`` yields has another checksum, and what
        ``fetch`` raises.
        """
        path = self._path(sha1)
        make_room(target)
        if self._copy(path, sha1, target):
            return
        if size is not None and size > self.max_bytes:
            write_verified(target, sha1, fetch())
            return
        lock = FileLock(self._locks / sha1)
        with lock:
            # another one may have fetched it meanwhile
            if not self._copy(path, sha1, target):
                self._fetch(path, size or 0, target, fetch())
            lock.remove()

    def _path(self, sha1: str) -> Path:
        if not _SHA1.fullmatch(sha1):
            raise WrongChecksum(f"{sha1!r} is not a SHA-1.")
        return self.folder / sha1[:2] / sha1

    def _copy(self, path: Path, sha1: str, target: Path) -> bool:
        """Copy a file out of the cache, verified; return whether it was there.

        Tasks get copies, for they can write to the files that they are given.
        """
        try:
            with path.open("rb") as source:
                os.utime(path)
                write_verified(target, sha1, chunks_of(source))
        except FileNotFoundError:
            return False
        except WrongChecksum:
            # damaged on the disk: fetch it again
            path.unlink(missing_ok=True)
            return False
        return True

    def _fetch(
        self, path: Path, size: int, target: Path, chunks: Iterator[bytes]
    ) -> None:
        """Fetch a file into the cache, and copy it to its place."""
        path.parent.mkdir(exist_ok=True)
        self._shrink(self.max_bytes - size)
        number, name = tempfile.mkstemp(prefix=_PART, dir=path.parent)
        os.close(number)
        part = Path(name)
        try:
            write_verified(part, path.name, chunks)
            with part.open("rb") as file:
                part.replace(path)
                self._shrink(self.max_bytes)
                # open, so it can be read even if it was removed just now
                write_verified(target, path.name, chunks_of(file))
        finally:
            part.unlink(missing_ok=True)

    def _shrink(self, max_bytes: int) -> None:
        """Remove what was used longest ago; leave at most ``max_bytes``."""
        with FileLock(self.folder / "shrink.lock"):
            files = sorted(self._files())
            total = sum(one.size for one in files)
            abandoned = time.time() - _PART_AGE
            for one in files:
                is_part = one.path.name.startswith(_PART)
                if total > max_bytes and (not is_part or one.used < abandoned):
                    one.path.unlink(missing_ok=True)
                    total -= one.size

    def _files(self) -> Iterator[_Cached]:
        for path in self.folder.glob("??/*"):
            try:
                status = path.stat()
            except FileNotFoundError:
                continue
            yield _Cached(status.st_mtime, status.st_size, path)


def write_verified(target: Path, sha1: str, chunks: Iterator[bytes]) -> None:
    """Write a file; raises ``WrongChecksum``, and leaves nothing then."""
    digest = hashlib.sha1(usedforsecurity=False)
    with target.open("wb") as file:
        for chunk in chunks:
            digest.update(chunk)
            file.write(chunk)
    if digest.hexdigest() != sha1:
        target.unlink()
        raise WrongChecksum(f"{digest.hexdigest()} arrived instead of {sha1}.")


def sha1_of(path: Path) -> str:
    """Return the SHA-1 of a file, in hexadecimal digits."""
    digest = hashlib.sha1(usedforsecurity=False)
    with path.open("rb") as file:
        for chunk in chunks_of(file):
            digest.update(chunk)
    return digest.hexdigest()


def chunks_of(file: BinaryIO) -> Iterator[bytes]:
    """Yield the bytes of a file, in parts that fit into memory."""
    return iter(lambda: file.read(CHUNK), b"")
