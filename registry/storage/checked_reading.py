"""Read files so that altered bytes are never taken for the right ones.

A whole file is hashed while it is read, and its last bytes come only if the checksum
is right. A part of a file cannot be checked by itself: the whole file is hashed before,
and its checksum is remembered for an hour, as long as the file stays in the same state.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from threading import Lock
from typing import Any
from weakref import WeakValueDictionary

from django.core.cache import cache

from registry.core.errors import Unavailable
from registry.storage.base import CHUNK, OpenFile, Reader, Snapshot

#: Seconds for which the checksum of a state is remembered.
_REMEMBERED_SECONDS = 3600
#: Files up to this size are read and checked before the first byte is sent.
_SMALL = 128 * 1024

#: Holds something during the time in which a file is hashed, such as a slot.
Hashing = Callable[[], AbstractContextManager[object]]
#: Is told what was found instead of the expected bytes, for example their checksum.
OnAltered = Callable[[dict[str, Any]], None]

#: The states that are being hashed: whoever asks for the same one waits for the result.
_locks: WeakValueDictionary[str, Any] = WeakValueDictionary()
_locks_lock = Lock()


class AlteredFile(OSError):
    """A file has other bytes than it should have; nobody gets its end."""


def known_sha1(snapshot: Snapshot) -> str | None:
    """Return the SHA-1 of a file in this state, if it is remembered."""
    found: str | None = cache.get(_key(snapshot))
    return found


def find_sha1(
    file: OpenFile, snapshot: Snapshot, *, hashing: Hashing = nullcontext
) -> str:
    """Return the SHA-1 of an open file in its present state ``snapshot``.

    The file is read unless the checksum is remembered. Raises ``Unavailable`` if it is
    written meanwhile.
    """
    known = known_sha1(snapshot)
    if known is not None:
        return known
    with hashing(), _lock_for(snapshot):
        return known_sha1(snapshot) or _hash(file, snapshot)


class WholeReader:
    """Reads a whole file, and raises ``AlteredFile`` instead of the end of a wrong one.

    ``size`` is the size that readers of the bytes were told: no more is read. A reader
    that is closed earlier has found nothing. ``on_altered`` is told before the error is
    raised.
    """

    def __init__(
        self,
        file: OpenFile,
        *,
        sha1: str,
        size: int,
        on_altered: OnAltered | None = None,
    ) -> None:
        self.size = size
        self._file = file
        self._sha1 = sha1
        self._on_altered = on_altered
        self._snapshot = file.snapshot()
        self._left = size
        self._digest = hashlib.sha1(usedforsecurity=False)

    def read(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes; empty at the end."""
        data = self._file.read(min(size, self._left))
        self._digest.update(data)
        self._left -= len(data)
        if not data or not self._left:
            self._require_right()
        return data

    def _require_right(self) -> None:
        found = self._digest.hexdigest()
        if self._left:
            self._break_off({"found_size": self.size - self._left})
        if self._snapshot.size == self.size:
            _remember(self._snapshot, found)
        if found != self._sha1:
            self._break_off({"found_sha1": found})

    def _break_off(self, found: dict[str, Any]) -> None:
        if self._on_altered is not None:
            self._on_altered(found)
        raise AlteredFile(f"The file {self._sha1} has other bytes by now: {found}")

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class PartReader:
    """Reads a part of a file that was checked in the state ``snapshot``.

    Raises ``AlteredFile`` as soon as the file is in another state.
    """

    def __init__(
        self, file: OpenFile, snapshot: Snapshot, *, start: int, length: int
    ) -> None:
        self._file = file
        self._snapshot = snapshot
        self._left = length
        file.seek(start)

    def read(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes; empty at the end."""
        data = self._file.read(min(size, self._left))
        self._left -= len(data)
        if self._file.snapshot() != self._snapshot:
            raise AlteredFile("The file was written while a part of it was read.")
        return data

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def read_if_small(reader: WholeReader) -> Reader:
    """Return a reader of the same bytes; those of a small file are checked before.

    So a client gets an error instead of a response that breaks off.
    """
    if reader.size > _SMALL:
        return reader
    try:
        return io.BytesIO(b"".join(iter(lambda: reader.read(CHUNK), b"")))
    finally:
        reader.close()


def _key(snapshot: Snapshot) -> str:
    return f"file-sha1:{snapshot.mark}"


def _remember(snapshot: Snapshot, sha1: str) -> None:
    cache.set(_key(snapshot), sha1, timeout=_REMEMBERED_SECONDS)


def _lock_for(snapshot: Snapshot) -> Any:
    with _locks_lock:
        return _locks.setdefault(snapshot.mark, Lock())


def _hash(file: OpenFile, snapshot: Snapshot) -> str:
    digest = hashlib.sha1(usedforsecurity=False)
    file.seek(0)
    while data := file.read(CHUNK):
        digest.update(data)
    file.seek(0)
    if file.snapshot() != snapshot:
        raise Unavailable("The file was written while it was read; try again.")
    _remember(snapshot, digest.hexdigest())
    return digest.hexdigest()
