"""What goes wrong with repositories.

Each error has what it is about as attributes, so that an interface can write texts of
its own; ``message`` is the registry's text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from registry.core.errors import InvalidInput, RegistryError, Unavailable


class RepositoryError(RegistryError):
    """The base class; ``url``, ``branch`` and ``commit`` are those that were given.

    A user name and password in an address are replaced by ``…``.
    """

    #: The field of a run request that the error is about.
    field: ClassVar[str] = "repo_url"

    def __init__(
        self,
        message: str,
        url: str,
        *,
        branch: str | None = None,
        commit: str | None = None,
    ) -> None:
        # not super(), because InvalidInput takes fields
        RegistryError.__init__(self, message)
        self.message = message
        self.fields = {self.field: [message]}
        self.url = url
        self.branch = branch
        self.commit = commit


class InvalidRepository(RepositoryError, InvalidInput):
    """What was asked for is not there, or not allowed."""


class RepositoryUnavailable(RepositoryError, Unavailable):
    """The same request can succeed later."""


class AddressNotListed(InvalidRepository):
    """The address begins with none of the prefixes that the operator lists."""

    def __init__(self, url: str, prefixes: Sequence[str]) -> None:
        # the folders of a server are not for everybody to know
        listed = ", ".join(one for one in prefixes if not one.startswith("/")) or "none"
        super().__init__(f"{url} is not allowed. Allowed prefixes: {listed}.", url)
        self.prefixes = tuple(prefixes)


class AddressHasCredentials(AddressNotListed):
    """The address has a user name or a password in it."""

    def __init__(self, url: str, prefixes: Sequence[str]) -> None:
        super().__init__(url, prefixes)
        self.message = f"{url} has a user name or password in it: leave them out."
        self.detail = self.message
        self.fields = {self.field: [self.message]}


class AddressMalformed(InvalidRepository):
    """The address is not of the form of its prefix; ``form`` is that form."""

    def __init__(self, url: str, form: str) -> None:
        super().__init__(f"{url} is not of the form {form}.", url)
        self.form = form


class OrganisationNotListed(InvalidRepository):
    """The repository is of none of the organisations that the operator lists."""

    def __init__(self, url: str, organisations: Sequence[str]) -> None:
        listed = ", ".join(organisations)
        super().__init__(
            f"{url} does not belong to an allowed organisation: {listed}.", url
        )
        self.organisations = tuple(organisations)


class InvalidCommit(InvalidRepository):
    """A commit is not 40 digits."""

    field = "commit"

    def __init__(self, url: str, commit: str) -> None:
        message = "Give the whole commit: 40 digits 0 to 9 and a to f."
        super().__init__(message, url, commit=commit)


class CannotFetch(InvalidRepository):
    """Git could not fetch; ``reason`` is its own text, without secrets and paths.

    The commit or the repository does not exist, or its host refuses to send it.
    """

    def __init__(self, url: str, reason: str, *, commit: str | None = None) -> None:
        what = f"Commit {commit} of {url}" if commit else url
        super().__init__(f"{what} cannot be fetched: {reason}.", url, commit=commit)
        self.reason = reason


class RepositoryTooLarge(InvalidRepository):
    """A repository has more than ``max_bytes``."""

    def __init__(self, url: str, max_bytes: int, *, commit: str | None = None) -> None:
        message = f"{url} is too large: {max_bytes:,} bytes are allowed."
        super().__init__(message, url, commit=commit)
        self.max_bytes = max_bytes


class NoSuchBranch(InvalidRepository):
    """The repository has no branch of this name."""

    field = "branch"

    def __init__(self, url: str, branch: str) -> None:
        super().__init__(f"{url} has no branch {branch}.", url, branch=branch)


class NoSuchReference(InvalidRepository):
    """The repository has neither a branch nor a tag of this name (``reference``)."""

    field = "branch"

    def __init__(self, url: str, reference: str) -> None:
        super().__init__(f"{url} has no branch or tag {reference}.", url)
        self.reference = reference


class CommitNotOnBranch(InvalidRepository):
    """The commit is not part of the branch as it is now."""

    field = "commit"

    def __init__(self, url: str, branch: str, commit: str) -> None:
        message = f"Commit {commit} is not on branch {branch} of {url}."
        super().__init__(message, url, branch=branch, commit=commit)


class NoSuchFile(InvalidRepository):
    """The commit has no plain file at ``path``: nothing, a folder or a link."""

    field = "commit"

    def __init__(self, url: str, commit: str, path: str) -> None:
        message = f"Commit {commit} of {url} has no file {path}."
        super().__init__(message, url, commit=commit)
        self.path = path


class FileTooLarge(InvalidRepository):
    """The file at ``path`` has more than ``max_bytes``."""

    field = "commit"

    def __init__(self, url: str, commit: str, path: str, max_bytes: int) -> None:
        message = f"{path} of {url} is too large: {max_bytes:,} bytes are allowed."
        super().__init__(message, url, commit=commit)
        self.path = path
        self.max_bytes = max_bytes


class NoSuchCommit(CannotFetch):
    """The repository has no such commit."""

    field = "commit"

    def __init__(self, url: str, reason: str, *, commit: str | None = None) -> None:
        super().__init__(url, reason, commit=commit)
        self.message = self.detail = f"There is no commit {commit} in {url}."
        self.fields = {self.field: [self.message]}


class CannotFetchNow(RepositoryUnavailable):
    """The host does not answer, or the disk is full; ``reason`` is git's own text."""

    def __init__(self, url: str, reason: str, *, commit: str | None = None) -> None:
        message = f"{url} cannot be fetched now: {reason}. Try again later."
        super().__init__(message, url, commit=commit)
        self.reason = reason


class FetchTimeout(RepositoryUnavailable):
    """Git took longer than ``seconds``."""

    def __init__(self, url: str, seconds: float) -> None:
        message = (
            f"Reading {url} took longer than {seconds:g} seconds. Try again later."
        )
        super().__init__(message, url)
        self.seconds = seconds


class MirrorBusy(RepositoryUnavailable):
    """Another request was fetching from the repository all the time."""

    def __init__(self, url: str) -> None:
        super().__init__(
            f"Another request is fetching from {url}. Try again later.", url
        )
