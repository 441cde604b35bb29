"""Read files and references of repositories.

A read can fetch, which takes up to ``REPOSITORY_SECONDS``. Never call these functions
in a database transaction, which would hold its locks for as long.
"""

from __future__ import annotations

import re
from typing import Final

from registry.execution.repositories.addresses import check_address
from registry.execution.repositories.errors import (
    CannotFetch,
    CommitNotOnBranch,
    FileTooLarge,
    InvalidCommit,
    NoSuchBranch,
    NoSuchFile,
    NoSuchReference,
)
from registry.execution.repositories.git import UPLOAD_PACK, Git
from registry.execution.repositories.mirrors import Mirror

#: The largest file that is read, in bytes, unless a caller says otherwise.
MAX_FILE_BYTES: Final = 2_000_000
#: The bytes of the list of references that a host can send.
_MAX_LIST: Final = 50_000_000

_COMMIT: Final = re.compile(r"[0-9a-f]{40}")
#: What no reference can have in its name (``git check-ref-format``).
_NOT_IN_NAMES: Final = re.compile(
    r"[\x00-\x20\x7f\ud800-\udfff~^:?*\[\\]|\.\.|@\{|//|/\."
    r"|\.lock(/|$)|\.$|/$|^[-/.]|^@$|^$"
)
_NOT_IN_PATHS: Final = re.compile("[\x00\ud800-\udfff]")
#: The characters of the name of a reference or the path of a file.
_MAX_NAME: Final = 4000
_PLAIN_FILES: Final = frozenset({"100644", "100755"})


class _Damaged(Exception):
    """A mirror has not all of what it says it has."""


def read_file(
    url: str,
    commit: str,
    path: str,
    *,
    branch: str | None = None,
    max_bytes: int = MAX_FILE_BYTES,
) -> bytes:
    """Return the bytes of a file of a commit; fetch the commit if need be.

    With ``branch``, the commit must be on that branch as it is now. Links are not
    followed. Raises ``NoSuchFile``, ``FileTooLarge`` or an error of ``require_commit``.
    """
    mirror = _mirror_with(url, commit, branch)
    try:
        return _read(mirror, commit, path, max_bytes)
    except _Damaged:
        mirror.remove_files()
    try:
        return _read(mirror, commit, path, max_bytes)
    except _Damaged as error:
        raise CannotFetch(mirror.git.address.url, str(error), commit=commit) from error


def require_commit(url: str, commit: str, *, branch: str | None = None) -> None:
    """Check that a commit can be fetched, and fetch it if need be.

    With ``branch``, the commit must be on that branch as it is now. Raises an error of
    ``check_address``, ``InvalidCommit``, ``NoSuchBranch``, ``CommitNotOnBranch``,
    ``CannotFetch``, ``RepositoryTooLarge``, or a ``RepositoryUnavailable``:
    ``CannotFetchNow``, ``FetchTimeout`` or ``MirrorBusy``.
    """
    _mirror_with(url, commit, branch).need_files(commit)


def commit_of(url: str, reference: str) -> str:
    """Return the commit that a branch or a tag is at now; of equal names, the branch.

    Raises a ``RepositoryError``: those of ``check_address``, ``NoSuchReference``,
    ``CannotFetch``, ``CannotFetchNow`` or ``FetchTimeout``.
    """
    address = check_address(url)
    branch, tag = f"refs/heads/{reference}", f"refs/tags/{reference}"
    # an annotated tag is an object of its own, and its commit is listed after it
    names = (branch, f"{tag}^{{}}", tag)
    if _is_name(reference):
        found = _list_references(Git(address), names)
        for name in names:
            if name in found:
                return found[name]
    raise NoSuchReference(address.url, reference)


def _mirror_with(url: str, commit: str, branch: str | None) -> Mirror:
    """Return the mirror of a repository, after checks of the commit and the branch."""
    address = check_address(url)
    if not _COMMIT.fullmatch(commit):
        raise InvalidCommit(address.url, commit)
    mirror = Mirror(Git(address))
    if branch is not None:
        _check_on_branch(mirror, commit, branch)
    return mirror


def _check_on_branch(mirror: Mirror, commit: str, branch: str) -> None:
    """Check that a commit is on a branch.

    At GitHub, a repository also has the commits of pull requests, which anybody can
    make.
    """
    url = mirror.git.address.url
    name = f"refs/heads/{branch}"
    found = _list_references(mirror.git, (name,)) if _is_name(branch) else {}
    if name not in found:
        raise NoSuchBranch(url, branch)
    if found[name] == commit:
        return
    mirror.need_history(found[name])
    if not _is_ancestor(mirror, commit, found[name]):
        raise CommitNotOnBranch(url, branch, commit)


def _is_name(reference: str) -> bool:
    return len(reference) <= _MAX_NAME and not _NOT_IN_NAMES.search(reference)


def _is_ancestor(mirror: Mirror, commit: str, later: str) -> bool:
    """Return whether one commit is there and comes before another."""
    done = mirror.git.local(
        mirror.history, "merge-base", "--is-ancestor", commit, later
    )
    return done.returncode == 0


def _list_references(git: Git, names: tuple[str, ...]) -> dict[str, str]:
    """Return the commits of those references that the repository has."""
    done = git.remote("ls-remote", UPLOAD_PACK, "origin", *names, max_bytes=_MAX_LIST)
    if done.returncode:
        raise done.to_error(git.address.url)
    found: dict[str, str] = {}
    for line in done.stdout.decode(errors="replace").splitlines():
        commit, _, name = line.partition("\t")
        if name in names:
            found[name] = commit
    return found


def _read(mirror: Mirror, commit: str, path: str, max_bytes: int) -> bytes:
    mirror.need_files(commit)
    url = mirror.git.address.url
    if not _is_plain(path):
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
    if int(size) > max_bytes:
        raise FileTooLarge(url, commit, path, max_bytes)
    return _run(mirror, "cat-file", "blob", blob)


def _is_plain(path: str) -> bool:
    """Return whether a path can be one of a file; git refuses to look for others."""
    if len(path) > _MAX_NAME or _NOT_IN_PATHS.search(path):
        return False
    return {"", ".", ".."}.isdisjoint(path.split("/"))


def _run(mirror: Mirror, *arguments: str) -> bytes:
    done = mirror.git.local(mirror.files, *arguments)
    if done.returncode:
        raise _Damaged(done.reason)
    return done.stdout
