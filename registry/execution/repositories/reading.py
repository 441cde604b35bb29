"""Read files at commits of repositories.

A read can fetch, which takes up to ``REPOSITORY_SECONDS``. Never call these functions
in a database transaction, which would hold its locks for as long.
"""

from __future__ import annotations

import re
from typing import Final

from registry.execution.repositories.addresses import check_address
from registry.execution.repositories.errors import (
    CannotFetchNow,
    CommitNotOnBranch,
    FileTooLarge,
    InvalidCommit,
    NoSuchBranch,
    NoSuchFile,
)
from registry.execution.repositories.git import UPLOAD_PACK, Git
from registry.execution.repositories.mirrors import Mirror

#: The largest file that is read, in bytes.
MAX_FILE_BYTES: Final = 2_000_000
#: The largest list of references that a host can send, in bytes.
_MAX_LIST: Final = 50_000_000

_COMMIT: Final = re.compile(r"[0-9a-f]{40}")
#: What the name of a branch cannot have in it (``git check-ref-format``).
_NOT_IN_NAMES: Final = re.compile(
    r"[\x00-\x20\x7f\ud800-\udfff~^:?*\[\\]|\.\.|@\{|//|/\."
    r"|\.lock(/|$)|\.$|/$|^[-/.]|^@$|^$"
)
_NOT_IN_PATHS: Final = re.compile("[\x00\ud800-\udfff]")
#: The longest name of a branch or path of a file, in characters.
_MAX_NAME: Final = 4000
#: The modes of files in git that are neither links nor submodules.
_PLAIN_FILES: Final = frozenset({"100644", "100755"})


class _Damaged(Exception):
    """A mirror has lost objects that it should have."""


def read_file(url: str, commit: str, path: str, *, branch: str | None = None) -> bytes:
    """Return the bytes of a file at a commit, which is fetched if need be.

    With ``branch``, the commit must be on that branch as it is now. Links are not
    followed. Raises ``NoSuchFile``, ``FileTooLarge`` or an error of ``require_commit``.
    """
    mirror = _checked_mirror(url, commit, branch)
    try:
        return _read(mirror, commit, path)
    except _Damaged:
        mirror.remove_files()
    try:
        return _read(mirror, commit, path)
    except _Damaged as error:
        raise CannotFetchNow(mirror.git.address.url, str(error)) from error


def require_commit(url: str, commit: str, *, branch: str | None = None) -> None:
    """Check that a commit can be fetched, and fetch it if need be.

    With ``branch``, the commit must be on that branch as it is now. Raises an error of
    ``check_address``, ``InvalidCommit``, ``NoSuchBranch``, ``CommitNotOnBranch``,
    ``CannotFetch``, ``NoSuchCommit``, ``RepositoryTooLarge``, or a
    ``RepositoryUnavailable``: ``CannotFetchNow``, ``FetchTimeout`` or ``MirrorBusy``.
    """
    _checked_mirror(url, commit, branch).ensure_files(commit)


def _checked_mirror(url: str, commit: str, branch: str | None) -> Mirror:
    """Return the mirror of a repository; check its address, commit and branch."""
    address = check_address(url)
    if not _COMMIT.fullmatch(commit):
        raise InvalidCommit
    mirror = Mirror(Git(address))
    if branch is not None:
        _check_on_branch(mirror, commit, branch)
    return mirror


def _check_on_branch(mirror: Mirror, commit: str, branch: str) -> None:
    """Check that a commit is on a branch.

    At GitHub, a repository also has the commits of pull requests, which anybody can
    make.
    """
    tip = _tip_of(mirror.git, branch)
    if tip == commit:
        return
    mirror.ensure_history(tip)
    if _is_ancestor(mirror, commit, tip):
        return
    url = mirror.git.address.url
    # another request may have removed the history meanwhile, to fetch it anew
    if not mirror.has_history(tip):
        raise CannotFetchNow(url, "its history is missing from the mirror")
    raise CommitNotOnBranch(url, branch, commit)


def _tip_of(git: Git, branch: str) -> str:
    """Return the commit that a branch is at now; raises ``NoSuchBranch``."""
    url = git.address.url
    if len(branch) > _MAX_NAME or _NOT_IN_NAMES.search(branch):
        raise NoSuchBranch(url, branch)
    name = f"refs/heads/{branch}"
    result = git.remote("ls-remote", UPLOAD_PACK, "origin", name, max_bytes=_MAX_LIST)
    if result.returncode:
        raise result.to_error(url)
    # git also lists names that end with this one
    for line in result.stdout.decode(errors="replace").splitlines():
        commit, _, listed = line.partition("\t")
        if listed == name:
            return commit
    raise NoSuchBranch(url, branch)


def _is_ancestor(mirror: Mirror, commit: str, later: str) -> bool:
    """Return whether the history has a commit, and it comes before a later one."""
    result = mirror.git.local(
        mirror.history, "merge-base", "--is-ancestor", commit, later
    )
    return result.returncode == 0


def _read(mirror: Mirror, commit: str, path: str) -> bytes:
    mirror.ensure_files(commit)
    url = mirror.git.address.url
    if not _can_be_file(path):
        raise NoSuchFile(url, commit, path)
    listed = _run(mirror, "ls-tree", "-z", "--long", "--full-tree", commit, "--", path)
    entry = listed.decode(errors="surrogateescape").removesuffix("\0")
    facts, _, name = entry.partition("\t")
    if name != path:
        raise NoSuchFile(url, commit, path)
    mode, _, blob, size = facts.split()
    if mode not in _PLAIN_FILES:
        raise NoSuchFile(url, commit, path)
    if not size.isdigit():
        raise _Damaged(f"{path} is missing from the mirror")
    if int(size) > MAX_FILE_BYTES:
        raise FileTooLarge(url, path, MAX_FILE_BYTES)
    return _run(mirror, "cat-file", "blob", blob)


def _can_be_file(path: str) -> bool:
    """Return whether a path can be that of a file; git refuses to look for others."""
    if len(path) > _MAX_NAME or _NOT_IN_PATHS.search(path):
        return False
    return {"", ".", ".."}.isdisjoint(path.split("/"))


def _run(mirror: Mirror, *arguments: str) -> bytes:
    result = mirror.git.local(mirror.files, *arguments)
    if result.returncode:
        raise _Damaged(result.reason)
    return result.stdout
