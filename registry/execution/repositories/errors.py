"""The errors of repositories; ``detail`` is a message for people.

A user name and password in an address are replaced by ``…``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from registry.core.errors import InvalidInput, RegistryError, Unavailable


class RepositoryError(RegistryError):
    """The base class."""

    #: The field of a run request that the error is about.
    field: ClassVar[str] = "repo_url"

    def __init__(self, detail: str) -> None:
        # not super(), because InvalidInput takes fields
        RegistryError.__init__(self, detail)
        self.fields = {self.field: [detail]}


class InvalidRepository(RepositoryError, InvalidInput):
    """What was asked for does not exist, or is not allowed."""


class RepositoryUnavailable(RepositoryError, Unavailable):
    """The same request can succeed later."""


class AddressNotListed(InvalidRepository):
    """The address begins with none of the prefixes that the operator lists."""

    def __init__(self, url: str, prefixes: Sequence[str]) -> None:
        # folders of the server are not shown to everybody
        listed = ", ".join(one for one in prefixes if not one.startswith("/")) or "none"
        super().__init__(f"{url} is not allowed. Allowed prefixes: {listed}.")


class AddressHasCredentials(InvalidRepository):
    """The address has a user name or a password in it."""

    def __init__(self, url: str) -> None:
        super().__init__(f"{url} has a user name or password in it: leave them out.")


class AddressMalformed(InvalidRepository):
    """The address does not have the ``form`` that its prefix requires."""

    def __init__(self, url: str, form: str) -> None:
        super().__init__(f"{url} is not of the form {form}.")


class OrganisationNotListed(InvalidRepository):
    """The repository belongs to none of the organisations that the operator lists."""

    def __init__(self, url: str, organisations: Sequence[str]) -> None:
        listed = ", ".join(organisations)
        super().__init__(f"{url} does not belong to an allowed organisation: {listed}.")


class InvalidCommit(InvalidRepository):
    """A commit is not 40 hexadecimal digits."""

    field = "commit"

    def __init__(self) -> None:
        super().__init__("Give the whole commit: 40 digits 0 to 9 and a to f.")


class CannotFetch(InvalidRepository):
    """Git could not fetch; ``reason`` is its own text, without secrets and paths.

    The repository does not exist, or its host refuses to send it.
    """

    def __init__(self, url: str, reason: str, commit: str | None = None) -> None:
        what = f"Commit {commit} of {url}" if commit else url
        super().__init__(f"{what} cannot be fetched: {reason}.")


class NoSuchCommit(InvalidRepository):
    """The repository does not have the commit."""

    field = "commit"

    def __init__(self, url: str, commit: str) -> None:
        super().__init__(f"There is no commit {commit} in {url}.")


class RepositoryTooLarge(InvalidRepository):
    """A repository has more than ``max_bytes``."""

    def __init__(self, url: str, max_bytes: int) -> None:
        super().__init__(f"{url} is too large: {max_bytes:,} bytes are allowed.")


class NoSuchBranch(InvalidRepository):
    """The repository has no branch of this name."""

    field = "branch"

    def __init__(self, url: str, branch: str) -> None:
        super().__init__(f"{url} has no branch {branch}.")


class CommitNotOnBranch(InvalidRepository):
    """The commit is not part of the branch as it is now."""

    field = "commit"

    def __init__(self, url: str, branch: str, commit: str) -> None:
        super().__init__(f"Commit {commit} is not on branch {branch} of {url}.")


class NoSuchFile(InvalidRepository):
    """The commit has no plain file at ``path``: nothing, a folder or a link."""

    field = "commit"

    def __init__(self, url: str, commit: str, path: str) -> None:
        super().__init__(f"Commit {commit} of {url} has no file {path}.")


class FileTooLarge(InvalidRepository):
    """The file at ``path`` has more than ``max_bytes``."""

    field = "commit"

    def __init__(self, url: str, path: str, max_bytes: int) -> None:
        message = f"{path} of {url} is too large: {max_bytes:,} bytes are allowed."
        super().__init__(message)


class CannotFetchNow(RepositoryUnavailable):
    """The host does not answer, the disk is full, or a mirror is damaged again.

    ``reason`` is git's own text, without secrets and paths.
    """

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"{url} cannot be fetched now: {reason}. Try again later.")


class FetchTimeout(RepositoryUnavailable):
    """Git took longer than ``seconds``."""

    def __init__(self, url: str, seconds: float) -> None:
        super().__init__(
            f"Reading {url} took longer than {seconds:g} seconds. Try again later."
        )


class MirrorBusy(RepositoryUnavailable):
    """Other requests were fetching from the repository all the time."""

    def __init__(self, url: str) -> None:
        super().__init__(f"Another request is fetching from {url}. Try again later.")
