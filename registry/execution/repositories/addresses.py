"""Which repositories can be fetched: those below the prefixes that an operator lists.

A prefix is ``https://host/…/``, ``http://host/…/`` or the absolute path of a folder. It
also says by which protocol git fetches, and git gets no other. What follows a prefix is
names and slashes only, so that no address can leave its prefix, give git an option or
name another transport (``ext::``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings

from registry.execution.repositories.errors import (
    AddressHasCredentials,
    AddressMalformed,
    AddressNotListed,
    OrganisationNotListed,
)

_NAMES: Final = re.compile(r"(?!-)[A-Za-z0-9._-]+(/(?!-)[A-Za-z0-9._-]+)*")
#: The longest address, in characters.
_MAX_LENGTH: Final = 1000
_UNPRINTABLE: Final = re.compile(r"[^!-~]")
_GITHUB: Final = "https://github.com/"
#: The form of addresses at GitHub, for messages.
_GITHUB_FORM: Final = f"{_GITHUB}[organisation]/[project-name]"


@dataclass(frozen=True)
class Address:
    """A repository that can be fetched."""

    #: The address as it was given, without slashes at the end.
    url: str
    #: The protocol by which git fetches: ``https``, ``http`` or ``file``.
    protocol: str

    @property
    def remote(self) -> str:
        """The address that git is given."""
        # as a path, git would copy the repository instead of fetching from it
        return f"file://{self.url}" if self.protocol == "file" else self.url


def check_address(url: str) -> Address:
    """Return the address of a repository that can be fetched.

    Raises ``AddressNotListed``, ``AddressHasCredentials``, ``AddressMalformed`` or
    ``OrganisationNotListed``. The repository itself need not exist.
    """
    prefixes = settings.REPOSITORY_PREFIXES
    shown = _shown(url)
    prefix = _prefix_of(url, prefixes)
    if prefix is None:
        if "@" in url:
            raise AddressHasCredentials(shown)
        raise AddressNotListed(shown, prefixes)
    address = url.rstrip("/")
    is_local = prefix.startswith("/")
    if not is_local:
        _check_organisation(address, shown)
    if not _is_well_formed(address, prefix):
        form = _GITHUB_FORM if prefix.startswith(_GITHUB) else f"{prefix}[name]"
        raise AddressMalformed(shown, form)
    if is_local:
        return _local_address(address, prefix, prefixes)
    return Address(address, urlsplit(prefix).scheme)


def _shown(url: str) -> str:
    """Return an address for a message, without a password or control characters."""
    credentials, _, rest = url.rpartition("@")
    shown = f"…@{rest}" if credentials else url
    return _UNPRINTABLE.sub("…", shown[:_MAX_LENGTH])


def _prefix_of(url: str, prefixes: Sequence[str]) -> str | None:
    """Return the longest prefix of an address, ending with a slash."""
    complete = [f"{prefix.rstrip('/')}/" for prefix in prefixes]
    return max((one for one in complete if url.startswith(one)), key=len, default=None)


def _is_well_formed(url: str, prefix: str) -> bool:
    """Return whether only names follow the prefix, and two of them at GitHub."""
    rest = url[len(prefix) :]
    if len(url) > _MAX_LENGTH:
        return False
    if not _NAMES.fullmatch(rest) or not {".", ".."}.isdisjoint(rest.split("/")):
        return False
    return not url.startswith(_GITHUB) or url.count("/") == _GITHUB_FORM.count("/")


def _local_address(path: str, prefix: str, prefixes: Sequence[str]) -> Address:
    """Return the address of a folder; refuse links that lead out of the prefix."""
    if not Path(path).resolve().is_relative_to(Path(prefix).resolve()):
        raise AddressNotListed(path, prefixes)
    return Address(path, "file")


def _check_organisation(url: str, shown: str) -> None:
    """Check the first name of the path, which is the organisation at GitHub."""
    organisations = settings.REPOSITORY_ORGANISATIONS
    first = url.partition("://")[2].partition("/")[2].partition("/")[0]
    if organisations and first.lower() not in organisations:
        raise OrganisationNotListed(shown, sorted(organisations))
