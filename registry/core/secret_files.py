"""Secrets that a registry generates for itself and stores in its data folder."""

import os
import secrets
import stat
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def read_or_create_secret(file: Path, *, size: int = 64) -> str:
    """Return the secret in `file`; create it on first use, private to its owner.

    A new secret has `size` random bytes, encoded as letters, digits, `-` and `_`.
    """
    return read_or_create(file, lambda: secrets.token_urlsafe(size))


def read_or_create(file: Path, make: Callable[[], str]) -> str:
    """Return the text in `file`; create it on first use, private to its owner.

    The file is created atomically, so that two processes that start at the same time
    read the same text.
    """
    if not file.exists():
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _create_whole(file, make())
    return file.read_text(encoding="ascii").strip()


def restrict_to_owner(paths: Iterable[Path]) -> list[Path]:
    """Remove all permissions of others from files and folders; return those changed."""
    changed = []
    for path in paths:
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & _OTHERS:
            path.chmod(mode & ~_OTHERS)
            changed.append(path)
    return changed


def _create_whole(file: Path, content: str) -> None:
    # mkstemp uses mode 0600; the link fails if another process was first
    handle, draft = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}-")
    try:
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            stream.write(f"{content}\n")
            stream.flush()
            os.fsync(handle)
        os.link(draft, file)
    except FileExistsError:
        pass
    finally:
        Path(draft).unlink()
