"""Decide who can download a file: everybody or, if it is private, few people.

A file is private if one of its storage locations is not public, or if an object there
has the key value ``accessibility`` = ``private``. Checksums are not secret, and anybody
can register a location, so it matters whose records these are:

- The *owner* of stored bytes is the account that stored them. If that account registers
  no location, the account that registered the first one is an owner too, provided that
  it did so after the bytes were stored.
- The owner of bytes that the registry does not hold, or that it stored by itself, is
  the account that registered their first location.
- Of bytes that an account has stored, only accounts that sent them as well, owners,
  curators and administrators can say that they are private.
- A public location overrides what is private if an owner, a curator or an administrator
  registered it. A private key value is overridden by nothing if it is the word of one
  of these, or said of an object of theirs.
- The owners of a private file can read it, and so can accounts that uploaded the same
  bytes again, administrators and accounts with the role ``private-data-read``.
- Withdrawing an object or a location opens nothing; withdrawing the key value does.

An upload without a location is not private: nobody else knows its checksum. The
checksum decides, whatever the address in the request; for files on the server's own
disk the path counts as well (``registry.catalogue.served``). The guide
(``docs/guide/file-access.md``) contains these rules as a table, which a test reads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from registry.catalogue.file_records import (
    PRIVATE_KEY,
    Stored,
    closing_of,
    registered_locations,
    spellings_of,
    stored_files,
)
from registry.catalogue.models import StorageLocation
from registry.core.errors import Forbidden
from registry.core.models import Event
from registry.core.verbs import CREATED
from registry.identity.roles import (
    ROLES,
    Role,
    curators_among,
    is_administrator,
    roles_of,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from django.db.models import QuerySet

    from registry.catalogue.file_records import Closing, Locations

#: Holders can download private data that others registered.
PRIVATE_DATA_READ = ROLES.declare(
    Role("private-data-read", "Download private data that others registered.")
)
ACCESSIBILITY, PRIVATE = PRIVATE_KEY.name, PRIVATE_KEY.value


def may_download(user: Any, checksum: str) -> bool:
    """Return whether a user, or an anonymous one, can download a file."""
    return checksum in downloadable_files(user, [checksum])


def downloadable_files(user: Any, checksums: Collection[str]) -> set[str]:
    """Return the files that a user can download.

    This takes one statement if nobody says that one of them is private, else a few.
    """
    files = _Files(closing_of(checksums))
    hidden = {
        one
        for one in files.private
        if not may_read_private_data(user, files.readers_of(one))
    }
    return set(checksums) - hidden


def may_read_private_data(user: Any, registered_by: Iterable[int]) -> bool:
    """Return whether a user can download private data of one of these accounts."""
    if not user.is_authenticated:
        return False
    return (
        user.pk in set(registered_by)
        or is_administrator(user)
        or PRIVATE_DATA_READ.name in roles_of(user)
    )


def require_download(user: Any, checksum: str) -> bool:
    """Raise ``Forbidden`` if a user cannot download a file; return if it is private."""
    files = _Files(closing_of([checksum]))
    if checksum not in files.private:
        return False
    require_reader(user, files.readers_of(checksum))
    return True


def require_reader(user: Any, readers: Iterable[int]) -> None:
    """Raise ``Forbidden`` unless a user is one of these readers or has permission."""
    if not may_read_private_data(user, readers):
        raise Forbidden(
            "This file is private: only who registered it, administrators and people "
            f"with the role {PRIVATE_DATA_READ.name} may download it."
        )


def is_private(checksum: str) -> bool:
    """Return whether a file is private, by the rules of this module."""
    return bool(private_files([checksum]))


def private_files(checksums: Collection[str]) -> set[str]:
    """Return the private files among these, in a few statements."""
    return _Files(closing_of(checksums)).private


def locations_of(checksum: str) -> QuerySet[StorageLocation]:
    """Return the storage locations of a file, with the usual spellings of its hash."""
    return located(spellings_of([checksum]))


def located(spellings: Collection[str]) -> QuerySet[StorageLocation]:
    """Return the storage locations with one of these spellings of a hash."""
    return StorageLocation.objects.filter(hash__in=list(spellings)).order_by()


def owners_of(checksum: str) -> set[int]:
    """Return the ids of the owners of a file."""
    checksums = [checksum]
    owners = _owners(
        checksums, stored_files(checksums), registered_locations(checksums)
    )
    return owners[checksum]


class _Files:
    """Files that somebody says are private: which of them are, and who can read them.

    The readers of a private file are its owners, and the accounts that proved that
    they have the bytes by uploading them.
    """

    def __init__(self, closing: Mapping[str, Closing]) -> None:
        self._stored: dict[str, Stored] = {}
        self._owners: dict[str, set[int]] = {}
        self.private: set[str] = set()
        if not closing:
            return
        self._stored = stored_files(closing)
        locations = registered_locations(closing)
        self._owners = _owners(closing, self._stored, locations)
        people = [one.people for one in closing.values()]
        people += [locations[one].shown_by for one in closing]
        trusted = curators_among(set().union(*people))
        self.private = {
            checksum
            for checksum, said in closing.items()
            if self._is_closed(checksum, said, locations[checksum].shown_by, trusted)
        }

    def readers_of(self, checksum: str) -> set[int]:
        """Return the accounts that can read a file even if it is private."""
        stored = self._stored.get(checksum.lower())
        return self._owners[checksum] | (stored.sent_by if stored else set())

    def _is_closed(
        self, checksum: str, closing: Closing, shown_by: set[int], trusted: set[int]
    ) -> bool:
        """Return whether what is said of a file makes it private."""
        owners = self._owners[checksum] | trusted
        if closing.marked_by & owners:
            return True
        counting = closing.people
        stored = self._stored.get(checksum.lower())
        # if the registry got the bytes from no account, everybody's word counts
        if stored is not None and stored.by is not None:
            counting = counting & (self.readers_of(checksum) | trusted)
        return bool(counting) and not shown_by & owners


def _owners(
    checksums: Iterable[str],
    stored: Mapping[str, Stored],
    locations: Mapping[str, Locations],
) -> dict[str, set[int]]:
    """Return the ids of the owners of each file, by the rules of this module."""
    owners: dict[str, set[int]] = {}
    # the first locations, which make somebody an owner if they are not too old
    first: dict[str, tuple[int, int]] = {}
    for one in checksums:
        file, registered = stored.get(one.lower()), locations[one].registered
        owners[one] = {file.by} if file and file.by else set()
        if registered and _belongs_to_first(file, registered):
            first[one] = registered[0]
    on_time = _registered_after_storing(
        {pk: stored.get(one.lower()) for one, (pk, _) in first.items()}
    )
    for one, (pk, who) in first.items():
        if pk in on_time:
            owners[one].add(who)
    return owners


def _belongs_to_first(file: Stored | None, registered: list[tuple[int, int]]) -> bool:
    """Return whether the account that registered the first location owns a file."""
    if file is None or file.by is None:
        return True
    return all(who != file.by for _, who in registered)


def _registered_after_storing(locations: Mapping[int, Stored | None]) -> set[int]:
    """Return the locations that are not older than their stored bytes.

    An account that registered a location earlier has not proved that it had the file.
    If no account stored the bytes, every location counts.
    """
    in_question = {
        pk: file.at
        for pk, file in locations.items()
        if file is not None and file.by is not None
    }
    if not in_question:
        return set(locations)
    # the record itself has only the time of its latest change
    created = Event.objects.filter(
        kind=StorageLocation.kind,
        action=CREATED.name,
        record_id__in=in_question,
    )
    times = created.values_list("record_id", "at")
    on_time = {pk for pk, at in times if pk and at >= in_question[pk]}
    return (locations.keys() - in_question.keys()) | on_time
