"""The interface of a file store.

A store knows bytes and their checksums only. Permissions and names of files belong to
the layers above. Files are found by their SHA-1 in lower case.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Protocol

from registry.core.errors import StorageFull, Unavailable

#: Bytes read, hashed and written at a time; memory use does not depend on the size of
#: a file.
CHUNK = 1024 * 1024

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})

#: Locks a checksum during a block, and yields whether no file is registered with it:
#: then no file can be registered with it before the end of the block.
Claim = Callable[[str], AbstractContextManager[bool]]


class Source(Protocol):
    """A source of bytes, such as an open file or the body of a request."""

    def read(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes; empty at the end."""


class Reader(Source, Protocol):
    """An open file of a store; the caller that opened it must close it."""

    def close(self) -> None:
        """Close the file."""


@dataclass(frozen=True)
class Snapshot:
    """The state of a file: its size in bytes, and a mark of its present content.

    The mark changes whenever the file is written or replaced.
    """

    size: int
    mark: str


class OpenFile(Reader, Protocol):
    """An open file whose state can be asked for."""

    def seek(self, start: int, /) -> None:
        """Continue to read at this byte."""

    def snapshot(self) -> Snapshot:
        """Return the present state of the open file."""


@dataclass(frozen=True)
class Checksums:
    """Checksums and size of a file; digests are in lower-case hexadecimal digits."""

    sha1: str
    sha256: str
    size: int


@dataclass(frozen=True)
class UnfinishedUpload:
    """An upload whose file is not stored yet.

    ``is_active`` is true while a process is writing it; otherwise the process was
    killed. ``committed_sha1s`` are the checksums of files that are being moved to their
    final paths.
    """

    name: str
    size: int
    is_active: bool
    committed_sha1s: frozenset[str]


class Draft(Protocol):
    """A file whose bytes have all arrived, but which is not stored yet."""

    @property
    def checksums(self) -> Checksums:
        """Checksums and size of the received bytes."""

    def commit(self) -> None:
        """Store the file durably; replace an identical file that is already stored.

        Nobody can read the file before this returns.
        """

    def undo_commit(self) -> None:
        """Remove the file again; call it only if the file's only row is rolled back."""


class Drafts(Protocol):
    """Drafts of several files, which are stored together or not at all."""

    def add(self, source: Source) -> Draft:
        """Read another file from a source, with constant memory.

        Raises the same errors as ``Store.draft``.
        """


class Store(Protocol):
    """Stores files by the SHA-1 of their bytes."""

    def draft(self, source: Source) -> AbstractContextManager[Draft]:
        """Read a file from a source as a draft, with constant memory.

        A draft that was not committed is removed at the end of the block, also if
        reading or writing fails. Raises ``StorageFull`` if there is no space left and
        ``Unavailable`` if writing fails for another reason; errors of ``source`` are
        passed on.
        """

    def drafts(self) -> AbstractContextManager[Drafts]:
        """Collect drafts of many files before any of them is committed.

        Few files are open at a time, however many drafts there are. Drafts that were
        not committed are removed at the end of the block.
        """

    def open(self, sha1: str) -> OpenFile:
        """Open the file; raise ``NotFound`` if it is not stored.

        The bytes can have changed since they were stored; ``checked_reading`` reads
        files so that nobody takes them for the right ones.
        """

    def look(self, sha1: str) -> Snapshot:
        """Return the present state; raise ``NotFound`` if the file is not stored.

        This is quick: no byte of the file is read.
        """

    def exists(self, sha1: str) -> bool:
        """Return whether the file is stored."""

    def download_link(self, sha1: str, *, name: str, media_type: str) -> str | None:
        """Return a URL from which anybody can download the file for a short time.

        The response there has the given name and media type. None if the store has no
        server of its own, so that the registry must send the bytes. The registry has
        checked only the size before: a store that returns links must itself check the
        bytes that it sends.
        """

    def remove_abandoned(self, claim: Claim | None = None) -> None:
        """Remove unfinished uploads of killed processes.

        With ``claim``, also remove files that they stored but did not register. Uploads
        that a process is writing stay.
        """

    def unfinished(self) -> list[UnfinishedUpload]:
        """Return the uploads whose files are not stored yet."""

    def checksums(self) -> Iterator[str]:
        """Yield the SHA-1 of each stored file, in no order."""

    def changed_at(self, sha1: str) -> float | None:
        """Return when a file was stored, in seconds since 1970; None if it is not."""

    def remove(self, sha1: str) -> None:
        """Remove a file if it is stored."""


@contextmanager
def reporting_write_errors() -> Iterator[None]:
    """Raise ``StorageFull`` or ``Unavailable`` for an ``OSError`` in the block."""
    try:
        yield
    except OSError as error:
        kind = StorageFull if error.errno in _NO_ROOM else Unavailable
        raise kind(f"The store cannot write: {error.strerror}.") from error
