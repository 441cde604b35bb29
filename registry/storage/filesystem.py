"""The file store in a local folder.

Files are in ``files/ab/cd/abcd…``, each named by its SHA-1; with 256 names each the
folders stay small however many files there are. Uploads are in ``incoming/``: a rename
moves a complete file among the others, atomically and durably. Until the upload is
over, a hard link in ``incoming/`` whose name ends with the SHA-1 marks that file. If
the process is killed before it registers the file, the mark shows which file to remove.

A process holds a lock (``flock``) on its entries in ``incoming/``; the lock ends with
the process.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import stat
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path
from typing import BinaryIO

from registry.core.errors import NotFound
from registry.storage.base import (
    CHUNK,
    Checksums,
    Claim,
    Draft,
    Drafts,
    OpenFile,
    Snapshot,
    Source,
    UnfinishedUpload,
    reporting_write_errors,
)

_SHA1 = re.compile(r"[0-9a-f]{40}")
#: The mark in ``incoming/`` of a file that is being moved to its final path.
_MARK = re.compile(r".+\.([0-9a-f]{40})")
#: Only the registry's own account can read the files: some of them are private.
_FOLDER_MODE = 0o700
#: The errors if there is no file, or a file in the place of a folder.
_NO_FILE = (FileNotFoundError, NotADirectoryError, IsADirectoryError)
#: Seconds within which a new upload takes its lock.
_GRACE_SECONDS = 60


class FileSystemStore:
    """Stores files in a folder of this machine; see ``registry.storage.base.Store``."""

    def __init__(self, folder: Path) -> None:
        self.files = folder / "files"
        self.incoming = folder / "incoming"

    @contextmanager
    def draft(self, source: Source) -> Iterator[Draft]:
        """Write the bytes to a temporary file, and remove it unless it is committed."""
        with reporting_write_errors():
            self.incoming.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
            # mkstemp uses mode 0600 and a name that nobody can guess
            handle, name = tempfile.mkstemp(dir=self.incoming)
        path = Path(name)
        try:
            # unbuffered, so that closing has nothing to write that could fail
            with os.fdopen(handle, "wb", buffering=0) as file:
                # tells `remove_abandoned` that this is active; ends with the process
                fcntl.flock(file, fcntl.LOCK_EX)
                checksums = _copy_and_hash(source, file)
                draft = _LocalDraft(path, self.path_of(checksums.sha1), checksums)
                try:
                    yield draft
                finally:
                    draft.mark.unlink(missing_ok=True)
        finally:
            path.unlink(missing_ok=True)

    @contextmanager
    def drafts(self) -> Iterator[Drafts]:
        """Write the files to a temporary folder; remove it at the end of the block."""
        with reporting_write_errors():
            self.incoming.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
            folder = Path(tempfile.mkdtemp(dir=self.incoming))
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            # one lock for all, since a process can open some hundreds of files only
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield _LocalDrafts(self, folder)
        finally:
            os.close(handle)
            shutil.rmtree(folder, ignore_errors=True)

    def open(self, sha1: str) -> OpenFile:
        """Open the file."""
        try:
            return LocalFile(self.path_of(sha1).open("rb"))
        except _NO_FILE as error:
            raise _not_found(sha1) from error

    def look(self, sha1: str) -> Snapshot:
        """Return the present state of the file."""
        try:
            status = self.path_of(sha1).stat()
        except _NO_FILE as error:
            raise _not_found(sha1) from error
        if not stat.S_ISREG(status.st_mode):
            raise _not_found(sha1)
        return _to_snapshot(status)

    def exists(self, sha1: str) -> bool:
        """Return whether the file exists."""
        return self.path_of(sha1).is_file()

    def download_link(self, sha1: str, *, name: str, media_type: str) -> str | None:
        """Return None: a folder has no server of its own."""
        return None

    def remove_abandoned(self, claim: Claim | None = None) -> None:
        """Remove inactive uploads, and marked files that are not registered."""
        for path in self._incoming_paths():
            with suppress(FileNotFoundError):
                self._remove_if_abandoned(path, claim)

    def _remove_if_abandoned(self, path: Path, claim: Claim | None) -> None:
        if time.time() - path.stat().st_mtime < _GRACE_SECONDS:
            return
        with _try_lock(path) as is_ours:
            if not is_ours:
                return
            if claim is not None:
                self._remove_unregistered(_marked_checksums(path), claim)
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink()

    def _remove_unregistered(self, checksums: Iterable[str], claim: Claim) -> None:
        for sha1 in checksums:
            with claim(sha1) as is_free:
                if is_free:
                    self.remove(sha1)

    def unfinished(self) -> list[UnfinishedUpload]:
        """Return the uploads in ``incoming/``."""
        found = []
        for path in self._incoming_paths():
            with suppress(FileNotFoundError):
                found.append(_to_unfinished_upload(path))
        return found

    def checksums(self) -> Iterator[str]:
        """Yield the names of the stored files, and of nothing else in the folder.

        Folders that disappear meanwhile are skipped.
        """
        for _, _, names in os.walk(self.files):
            yield from filter(_SHA1.fullmatch, names)

    def changed_at(self, sha1: str) -> float | None:
        """Return the later of the times of its last write and its last rename."""
        try:
            status = self.path_of(sha1).stat()
        except FileNotFoundError:
            return None
        return max(status.st_mtime, status.st_ctime)

    def remove(self, sha1: str) -> None:
        """Remove the file."""
        self.path_of(sha1).unlink(missing_ok=True)

    def _incoming_paths(self) -> list[Path]:
        return sorted(self.incoming.iterdir()) if self.incoming.is_dir() else []

    def path_of(self, sha1: str) -> Path:
        """Return the path of a file, whether it is stored or not."""
        if not _SHA1.fullmatch(sha1):
            raise ValueError(f"{sha1!r} is not a SHA-1 in lower-case digits")
        return self.files / sha1[:2] / sha1[2:4] / sha1


class _LocalDraft:
    """A file in ``incoming/``, its final path, and its mark until it is there."""

    def __init__(self, path: Path, target: Path, checksums: Checksums) -> None:
        self.path = path
        self.target = target
        self.mark = path.with_name(f"{path.name}.{checksums.sha1}")
        self.checksums = checksums

    def commit(self) -> None:
        """Move the file to its final path; two at once both succeed: equal bytes."""
        with reporting_write_errors():
            _make_folder(self.target.parent)
            self.mark.hardlink_to(self.path)
            self.path.replace(self.target)
            _sync_folder(self.target.parent)

    def undo_commit(self) -> None:
        """Remove the file again, if it was moved at all."""
        with suppress(FileNotFoundError, NotADirectoryError):
            self.target.unlink()


class _LocalDrafts:
    """A folder in ``incoming/`` with a file for each draft."""

    def __init__(self, store: FileSystemStore, folder: Path) -> None:
        self._store = store
        self._folder = folder

    def add(self, source: Source) -> Draft:
        """Write the bytes to another file."""
        with reporting_write_errors():
            handle, name = tempfile.mkstemp(dir=self._folder)
        with os.fdopen(handle, "wb", buffering=0) as file:
            checksums = _copy_and_hash(source, file)
        target = self._store.path_of(checksums.sha1)
        return _LocalDraft(Path(name), target, checksums)


class LocalFile:
    """An open file of this machine.

    It shows no file descriptor, with which servers would send the bytes unchecked.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def read(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes; empty at the end."""
        return self._stream.read(size)

    def seek(self, start: int, /) -> None:
        """Continue to read at this byte."""
        self._stream.seek(start)

    def snapshot(self) -> Snapshot:
        """Return the present state of the file."""
        return _to_snapshot(os.fstat(self._stream.fileno()))

    def close(self) -> None:
        """Close the file."""
        self._stream.close()


def _to_snapshot(status: os.stat_result) -> Snapshot:
    """Return the state of a file; each write changes the times, a rename the inode."""
    times = status.st_mtime_ns, status.st_ctime_ns
    state = (status.st_dev, status.st_ino, status.st_size, *times)
    return Snapshot(status.st_size, ":".join(map(str, state)))


def _copy_and_hash(source: Source, file: FileIO) -> Checksums:
    """Write all bytes and sync them to disk; return their checksums."""
    # clients identify files by SHA-1; SHA-256 is for readers who must be sure
    sha1, sha256 = hashlib.sha1(usedforsecurity=False), hashlib.sha256()
    size = 0
    while data := source.read(CHUNK):
        sha1.update(data)
        sha256.update(data)
        size += len(data)
        _write_all(data, file)
    with reporting_write_errors():
        os.fsync(file.fileno())
    return Checksums(sha1.hexdigest(), sha256.hexdigest(), size)


def _write_all(data: bytes, file: FileIO) -> None:
    """Write all data, in several calls if the system accepts less at a time."""
    left = memoryview(data)
    with reporting_write_errors():
        while left:
            left = left[file.write(left) :]


def _make_folder(folder: Path) -> None:
    """Create a folder and its parents, so that they survive a power cut."""
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(mode=_FOLDER_MODE, exist_ok=True)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    """Sync a folder to disk, so that the names in it survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _try_lock(path: Path, kind: int = fcntl.LOCK_EX) -> Iterator[bool]:
    """Try to lock a file or folder during the block; yield whether it is locked."""
    handle = os.open(path, os.O_RDONLY)
    try:
        yield _lock_handle(handle, kind)
    finally:
        os.close(handle)


def _lock_handle(handle: int, kind: int) -> bool:
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _to_unfinished_upload(path: Path) -> UnfinishedUpload:
    # a shared lock, so that two checks do not mistake each other for an upload
    with _try_lock(path, fcntl.LOCK_SH) as is_free:
        inside = path.iterdir() if path.is_dir() else [path]
        sizes = {one.stat().st_ino: one.stat().st_size for one in inside}
        return UnfinishedUpload(
            name=path.name,
            size=sum(sizes.values()),
            is_active=not is_free,
            committed_sha1s=frozenset(_marked_checksums(path)),
        )


def _marked_checksums(path: Path) -> list[str]:
    """Return the checksums of files that were being moved to their final paths."""
    named = path.iterdir() if path.is_dir() else [path]
    matches = (_MARK.fullmatch(one.name) for one in named)
    return [match[1] for match in matches if match is not None]


def _not_found(sha1: str) -> NotFound:
    return NotFound(f"The registry does not hold a file with the checksum {sha1}.")
