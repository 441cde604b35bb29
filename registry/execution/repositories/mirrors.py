"""Mirrors of repositories: what was fetched from each, in two bare repositories.

``files.git`` has single commits with all of their files, and ``history.git`` has the
commits of branches, without files if the host can leave them out.
``refs/fetched/<commit>`` says that a commit was fetched completely. Without it, the
commit counts as absent, because a killed fetch can leave parts of it behind.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from django.conf import settings

from registry.execution.repositories.errors import (
    CannotFetch,
    MirrorBusy,
    RepositoryTooLarge,
)
from registry.execution.repositories.git import UPLOAD_PACK, Git, GitResult
from registry.execution.repositories.locks import LockTimeout, locked

_FETCH: Final = (
    *("fetch", "--quiet", "--no-tags", "--no-recurse-submodules"),
    *("--no-write-fetch-head", "--no-auto-maintenance"),
    UPLOAD_PACK,
)
#: Files that git leaves behind when it is killed: they stop it later, or stay forever.
_LEFT_BEHIND: Final = ("*.lock", "refs/**/*.lock", "objects/pack/tmp_*")
_DAY: Final = 24 * 60 * 60


@dataclass(frozen=True)
class Mirror:
    """What was fetched from one repository. Methods raise ``FetchTimeout``."""

    git: Git

    @property
    def folder(self) -> Path:
        """The folder of the mirror, which need not exist yet."""
        name = sha256(self.git.address.url.encode()).hexdigest()[:32]
        root: Path = settings.REPOSITORIES_DIR
        return root / name

    @property
    def files(self) -> Path:
        """The repository of commits with files."""
        return self.folder / "files.git"

    @property
    def history(self) -> Path:
        """The repository of the commits of branches."""
        return self.folder / "history.git"

    def ensure_files(self, commit: str) -> None:
        """Fetch a commit with its files, unless the mirror has it.

        Raises ``CannotFetch``, ``NoSuchCommit``, ``CannotFetchNow``,
        ``RepositoryTooLarge`` or ``MirrorBusy``.
        """
        self._ensure(self.files, commit, "--depth=1")

    def ensure_history(self, commit: str) -> None:
        """Fetch a commit and all its ancestors, unless the mirror has them.

        Raises ``CannotFetch``, ``NoSuchCommit``, ``CannotFetchNow``,
        ``RepositoryTooLarge`` or ``MirrorBusy``.
        """
        self._ensure(self.history, commit, "--filter=tree:0")

    def has_history(self, commit: str) -> bool:
        """Return whether the mirror has a commit and its ancestors."""
        return self._has(self.history, commit)

    def remove_files(self) -> None:
        """Remove all commits with files; raises ``MirrorBusy``."""
        with self._locked():
            shutil.rmtree(self.files, ignore_errors=True)

    def _ensure(self, store: Path, commit: str, option: str) -> None:
        self.folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _lock_file(self.folder).touch(mode=0o600)
        if self._has(store, commit):
            return
        with self._locked() as handle:
            # another request may have fetched it by now
            if not self._has(store, commit):
                self._fetch(store, commit, option, handle)

    def _has(self, store: Path, commit: str) -> bool:
        """Return whether the store has this commit; a tag, tree or blob is none."""
        name = f"refs/fetched/{commit}^{{commit}}"
        result = self.git.local(store, "rev-parse", "--quiet", "--verify", name)
        return result.stdout.decode().strip() == commit

    @contextmanager
    def _locked(self) -> Iterator[int]:
        try:
            with locked(_lock_file(self.folder), self.git.seconds_left) as handle:
                yield handle
        except LockTimeout as error:
            raise MirrorBusy(self.git.address.url) from error

    def _fetch(self, store: Path, commit: str, option: str, lock: int) -> None:
        """Fetch a commit; if it can help, try again with an empty store."""
        result = self._run_fetch(store, commit, option, lock)
        if (result.is_too_large and _size(store)) or result.is_damage:
            shutil.rmtree(store)
            result = self._run_fetch(store, commit, option, lock)
        url = self.git.address.url
        if result.is_too_large:
            raise RepositoryTooLarge(url, settings.REPOSITORY_MAX_BYTES)
        if result.returncode:
            raise result.to_error(url, commit)
        if not self._has(store, commit):
            raise CannotFetch(url, "this is not a commit", commit)

    def _run_fetch(self, store: Path, commit: str, option: str, lock: int) -> GitResult:
        self._prepare(store)
        return self.git.remote(
            *("--git-dir", str(store), *_FETCH, option, "origin"),
            f"+{commit}:refs/fetched/{commit}",
            max_bytes=settings.REPOSITORY_MAX_BYTES - _size(store),
            keep_open=(lock,),
        )

    def _prepare(self, store: Path) -> None:
        """Create a store, or clean up after a fetch that was killed."""
        store.mkdir(parents=True, exist_ok=True)
        for pattern in _LEFT_BEHIND:
            for path in store.glob(pattern):
                path.unlink()
        created = self.git.local(
            store, "init", "--quiet", "--bare", "--template=", "--initial-branch=main"
        )
        if created.returncode:
            raise created.to_error(self.git.address.url)


def remove_unused_mirrors(days: float) -> int:
    """Remove mirrors that nobody has used for some days; return their number.

    A mirror stays while a request fetches into it.
    """
    before = time.time() - days * _DAY
    return sum(_remove_unused(path, before) for path in _lock_files())


def _lock_files() -> list[Path]:
    root: Path = settings.REPOSITORIES_DIR
    return sorted(root.glob("*.lock"))


def _lock_file(folder: Path) -> Path:
    """Return the lock of a mirror; its modification time is when it was last used."""
    return folder.with_suffix(".lock")


def _remove_unused(lock_file: Path, before: float) -> bool:
    # another process may be removing the same mirrors
    with suppress(LockTimeout, FileNotFoundError):
        if lock_file.stat().st_mtime >= before:
            return False
        with locked(lock_file, seconds=0):
            # it may have been used since
            if lock_file.stat().st_mtime < before:
                shutil.rmtree(lock_file.with_suffix(""), ignore_errors=True)
                lock_file.unlink()
                return True
    return False


def _size(store: Path) -> int:
    """Return the size of the packs of a store, in bytes."""
    packs = store.glob("objects/pack/*.pack")
    return sum(path.stat().st_size for path in packs)
