"""Write files atomically, lock, remove folders, and keep paths in their folder."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import stat
import tempfile
import uuid
from pathlib import Path
from typing import Any


def write_json(path: Path, value: dict[str, Any]) -> None:
    """Write a file atomically, and wait until it is on the disk."""
    text = json.dumps(value)
    number, name = tempfile.mkstemp(prefix="." + path.name, dir=path.parent)
    try:
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)
    _sync_folder(path.parent)


def read_json(path: Path) -> dict[str, Any]:
    """Return the content of a file; raises ``FileNotFoundError``."""
    with path.open(encoding="utf-8") as file:
        value: dict[str, Any] = json.load(file)
        return value


def read_if_there(path: Path) -> dict[str, Any] | None:
    """Return the content of a file, or None if it does not exist."""
    try:
        return read_json(path)
    except FileNotFoundError:
        return None


def _sync_folder(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def discard(folder: Path, trash: Path) -> None:
    """Remove a folder atomically, by moving it to the trash first."""
    doomed = trash / uuid.uuid4().hex
    try:
        folder.replace(doomed)
    except FileNotFoundError:
        return
    remove_tree(doomed)


def remove_tree(folder: Path) -> None:
    """Remove a folder, even if modes inside forbid it; leave what cannot be removed."""
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        _make_writable(folder)
        shutil.rmtree(folder, ignore_errors=True)


def _make_writable(folder: Path) -> None:
    """Let this account change a folder and those below it, as far as it is allowed."""
    with contextlib.suppress(OSError):
        folder.chmod(stat.S_IRWXU)
    for parent, names, _ in os.walk(folder):
        for path in (Path(parent, name) for name in names):
            with contextlib.suppress(OSError):
                if not path.is_symlink():
                    path.chmod(stat.S_IRWXU)


def inside(folder: Path, path: str) -> Path:
    """Return a path below a folder; raises ``OSError`` if it leads elsewhere.

    Links on the way are followed. The file itself can be a link.
    """
    target = folder / path
    root, parent = os.path.realpath(folder), os.path.realpath(target.parent)
    leads_up = ".." in Path(path).parts or target == folder
    if leads_up or os.path.commonpath([root, parent]) != root:
        raise OSError(f"{path!r} leads out of the folder that it belongs to.")
    return target


def make_room(target: Path) -> None:
    """Create the folder of a new file, and remove a file or link of its name."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)


class FileLock:
    """A lock that ends with the processes that hold it, however they end.

    A process inherits it by ``pass_fds=[lock.fileno()]``.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._number: int | None = None

    def acquire(self, *, wait: bool) -> bool:
        """Take the lock; return whether it is held, as it always is with ``wait``."""
        number = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(number, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            os.close(number)
            return False
        self._number = number
        return True

    def fileno(self) -> int:
        """Return the descriptor that holds the lock."""
        if self._number is None:
            raise ValueError("The lock is not held.")
        return self._number

    def release(self) -> None:
        """Release the lock; processes that inherited it still hold it."""
        if self._number is not None:
            os.close(self._number)
            self._number = None

    def remove(self) -> None:
        """Remove the file of a held lock; those who wait open a new one."""
        self.path.unlink(missing_ok=True)

    def is_current(self) -> bool:
        """Return whether the lock that is held is still the one of its path."""
        try:
            return os.path.samestat(os.fstat(self.fileno()), self.path.stat())
        except FileNotFoundError:
            return False

    def __enter__(self) -> FileLock:
        while True:
            self.acquire(wait=True)
            if self.is_current():
                return self
            self.release()

    def __exit__(self, *_error: object) -> None:
        self.release()
