"""What a store of files must do, wherever it keeps them.

A store knows bytes and their checksums, nothing else: who may read them, and what they
are called, is for the layers above. Files are found by their SHA-1 in lower case.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Protocol

from registry.core.errors import StorageFull, Unavailable

#: Bytes that are read, hashed and written at a time; memory use does not depend on
#: the size of a file.
CHUNK = 1024 * 1024

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})

#: Holds on to a checksum for the time of a block, and tells whether no file is
#: registered with it: then nobody can register one before the end of the block.
Claim = Callable[[str], AbstractContextManager[bool]]


class Source(Protocol):
    """Where bytes come from: an open file, the body of a request."""

    def read(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes; none at the end."""


class Reader(Source, Protocol):
    """Bytes that a store gives out; who opened it closes it."""

    def close(self) -> None:
        """Free what reading needs."""


@dataclass(frozen=True)
class Checksums:
    """What is known of a file's bytes; the digests in lower-case hexadecimal digits."""

    sha1: str
    sha256: str
    size: int


@dataclass(frozen=True)
class UnfinishedUpload:
    """Something that an upload has in the store before its file is kept.

    ``is_active`` tells whether a process is writing it; otherwise the process was
    killed. ``committed_sha1s`` are the checksums of files on their way to their places.
    """

    name: str
    size: int
    is_active: bool
    committed_sha1s: frozenset[str]


class Draft(Protocol):
    """A file whose bytes have all arrived, but which the store does not hold yet."""

    @property
    def checksums(self) -> Checksums:
        """Checksums and size of what arrived."""

    def commit(self) -> None:
        """Have the store hold the file, durably; a same one that is there is replaced.

        Until this returns nobody sees any of it.
        """

    def undo_commit(self) -> None:
        """Undo ``keep``, for who holds the only record of the file and gives it up."""


class Drafts(Protocol):
    """Files that are kept together, or not at all."""

    def add(self, source: Source) -> Draft:
        """Take all bytes of one more file in, with constant memory.

        Raises as ``Store.draft`` does.
        """


class Store(Protocol):
    """Holds files by the SHA-1 of their bytes."""

    def draft(self, source: Source) -> AbstractContextManager[Draft]:
        """Take all bytes in, with constant memory.

        At the end of the block a draft that was not kept is gone, as is all that
        arrived when reading or writing breaks off. Raises ``StorageFull`` where there
        is no room for the bytes and ``Unavailable`` where they cannot be written for
        another reason; what ``source`` raises is passed on.
        """

    def drafts(self) -> AbstractContextManager[Drafts]:
        """Take many files in before any of them is kept.

        However many they are, few files are open at a time. At the end of the block
        those that were not kept are gone.
        """

    def open(self, sha1: str, *, start: int = 0, length: int | None = None) -> Reader:
        """Return a reader of the file, or of ``length`` bytes of it from ``start``.

        Raises ``NotFound`` when the store does not hold it.
        """

    def exists(self, sha1: str) -> bool:
        """Tell whether the store holds the file."""

    def size(self, sha1: str) -> int:
        """Return the size in bytes; raises ``NotFound`` when the file is not held."""

    def download_link(self, sha1: str, *, name: str, media_type: str) -> str | None:
        """Return an address that gives the file to whoever has it, for a short time.

        The answer there has the name and type that are given. None where the store
        has no server of its own, so that the bytes must be passed on.
        """

    def remove_abandoned(self, claim: Claim | None = None) -> None:
        """Remove what processes that were killed have left of unfinished uploads.

        With ``claim``, also files that they moved to their places and did not register.
        What a process is at work on stays.
        """

    def unfinished(self) -> list[UnfinishedUpload]:
        """Return what uploads have in the store that is not kept yet."""

    def checksums(self) -> Iterator[str]:
        """Yield the SHA-1 that each file is held under, in no order."""

    def changed_at(self, sha1: str) -> float | None:
        """Return when a file was put in its place, in seconds since 1970.

        None when it is not held.
        """

    def remove(self, sha1: str) -> None:
        """Remove a file, if the store holds it."""


@contextmanager
def reporting_write_errors() -> Iterator[None]:
    """Raise ``StorageFull`` or ``Unavailable`` where the system cannot write."""
    try:
        yield
    except OSError as error:
        kind = StorageFull if error.errno in _NO_ROOM else Unavailable
        raise kind(f"The store cannot write: {error.strerror}.") from error
