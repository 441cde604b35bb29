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

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from registry.catalogue.keys import MEANINGFUL_KEYS, MeaningfulKey
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
from registry.storage.models import StoredFile

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from django.db.models import QuerySet

    #: The ids of locations, each with who registered it; the first location first.
    Registered = list[tuple[int, int]]

#: Holders can download private data that others registered.
PRIVATE_DATA_READ = ROLES.declare(
    Role("private-data-read", "Download private data that others registered.")
)
#: The key value that makes an object's file private.
PRIVATE_KEY = MEANINGFUL_KEYS.declare(
    MeaningfulKey(
        "accessibility",
        "private",
        "The key `accessibility` with the value `private` keeps an object's data from "
        "people other than who registered it.",
    )
)
ACCESSIBILITY, PRIVATE = PRIVATE_KEY.name, PRIVATE_KEY.value
#: The lookups from a key value to the locations where its object is or came from.
LOCATION_LOOKUPS = (
    "object__storage_location",
    "object__data_products__external_object__original_store",
)


def may_download(user: Any, checksum: str) -> bool:
    """Return whether a user, or an anonymous one, can download a file."""
    return checksum in downloadable_files(user, [checksum])


def downloadable_files(user: Any, checksums: Collection[str]) -> set[str]:
    """Return the files that a user can download, in a few statements."""
    private = private_files(checksums)
    readers = readers_by_file(private)
    hidden = {one for one in private if not may_read_private_data(user, readers[one])}
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
    if not is_private(checksum):
        return False
    require_reader(user, readers_by_file([checksum])[checksum])
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
    """Return the private files among these, in a constant number of statements."""
    spellings = spellings_of(checksums)
    claims = _claims_of(spellings) if spellings else {}
    return _private_among(claims) if claims else set()


def locations_of(checksum: str) -> QuerySet[StorageLocation]:
    """Return the storage locations of a file, with the usual spellings of its hash."""
    return located(spellings_of([checksum]))


def owners_of(checksum: str) -> set[int]:
    """Return the ids of the owners of a file."""
    return owners_by_file([checksum])[checksum]


def owners_by_file(checksums: Collection[str]) -> dict[str, set[int]]:
    """Return the ids of the owners of each file, by the rules of this module."""
    files = _stored_files(checksums)
    registered = _registered_locations(checksums)
    claims = {
        one: registered[one][0]
        for one in checksums
        if registered[one]
        and _belongs_to_first(files.get(one.lower()), registered[one])
    }
    on_time = _registered_after_storing(
        {claims[one][0]: files.get(one.lower()) for one in claims}
    )
    owners: dict[str, set[int]] = {}
    for one in checksums:
        file = files.get(one.lower())
        owners[one] = {file.stored_by_id} if file and file.stored_by_id else set()
        if one in claims and claims[one][0] in on_time:
            owners[one].add(claims[one][1])
    return owners


def readers_by_file(checksums: Collection[str]) -> dict[str, set[int]]:
    """Return the ids of the accounts that can read each file even if it is private.

    These are the owners, and the accounts that proved that they have the bytes by
    uploading them.
    """
    return _add_senders(owners_by_file(checksums))


def _add_senders(readers: dict[str, set[int]]) -> dict[str, set[int]]:
    """Add the accounts that sent the bytes of each file again."""
    if not readers:
        return readers
    sent = StoredFile.sent_again_by.through.objects.filter(
        storedfile__sha1__in={one.lower() for one in readers}
    )
    for sha1, account in sent.values_list("storedfile__sha1", "user"):
        for one, people in readers.items():
            if one.lower() == sha1:
                people.add(account)
    return readers


def _stored_files(checksums: Collection[str]) -> dict[str, StoredFile]:
    """Return the files that the registry holds, by SHA-1."""
    if not checksums:
        return {}
    files = StoredFile.objects.filter(sha1__in={one.lower() for one in checksums})
    return {file.sha1: file for file in files}


def _registered_locations(checksums: Collection[str]) -> dict[str, Registered]:
    """Return the locations of each file with who registered them, in that order."""
    registered: dict[str, Registered] = {one: [] for one in checksums}
    spellings = spellings_of(checksums)
    if not spellings:
        return registered
    rows = located(spellings).order_by("pk")
    for hash_, pk, who in rows.values_list("hash", "pk", "registered_by"):
        for one in spellings[hash_]:
            registered[one].append((pk, who))
    return registered


def _belongs_to_first(file: StoredFile | None, registered: Registered) -> bool:
    """Return whether the account that registered the first location owns a file."""
    if file is None or file.stored_by_id is None:
        return True
    return all(who != file.stored_by_id for _, who in registered)


def _registered_after_storing(locations: dict[int, StoredFile | None]) -> set[int]:
    """Return the locations that are not older than their stored bytes.

    An account that registered a location earlier has not proved that it had the file.
    If no account stored the bytes, every location counts.
    """
    in_question = {
        pk: file.stored_at
        for pk, file in locations.items()
        if file is not None and file.stored_by_id is not None
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


def spellings_of(checksums: Collection[str]) -> dict[str, set[str]]:
    """Map each spelling of a hash in locations to the checksums that it stands for."""
    spellings: dict[str, set[str]] = {}
    for checksum in checksums:
        for spelling in (checksum.lower(), checksum.upper(), checksum):
            spellings.setdefault(spelling, set()).add(checksum)
    return spellings


def located(spellings: Collection[str]) -> QuerySet[StorageLocation]:
    """Return the storage locations with one of these spellings of a hash."""
    return StorageLocation.objects.filter(hash__in=list(spellings)).order_by()


@dataclass
class _Claims:
    """Who says what of one file: accounts by what they registered.

    ``hidden_by`` registered a private location, ``marked_by`` a private key value, or
    the object that has it; ``shown_by`` registered a public location.
    """

    hidden_by: set[int] = field(default_factory=set)
    marked_by: set[int] = field(default_factory=set)
    shown_by: set[int] = field(default_factory=set)

    @property
    def closed_by(self) -> set[int]:
        """Who says that the file is private."""
        return self.hidden_by | self.marked_by


def _claims_of(spellings: dict[str, set[str]]) -> dict[str, _Claims]:
    """Return the claims about each file of which somebody says that it is private."""
    claims: dict[str, _Claims] = {}
    # a public location that is withdrawn shows nothing, a private one hides as before
    rows = located(spellings).filter(Q(public=False) | Q(withdrawn=None))
    said = rows.values_list("hash", "public", "registered_by")
    for hash_, public, who in said.distinct():
        for checksum in spellings[hash_]:
            claim = claims.setdefault(checksum, _Claims())
            (claim.shown_by if public else claim.hidden_by).add(who)
    for hash_, *people in _marks(spellings):
        for checksum in spellings[hash_]:
            claims.setdefault(checksum, _Claims()).marked_by.update(people)
    return {one: claim for one, claim in claims.items() if claim.closed_by}


def _marks(spellings: Collection[str]) -> Iterator[tuple[Any, ...]]:
    """Yield the hashes of files with a private key value, and who is behind that.

    This is who registered the key value, and who registered its object.
    """
    private = PRIVATE_KEY.pairs()
    # one query each: databases make little use of indexes for an OR of joins
    for place in LOCATION_LOOKUPS:
        rows = private.filter(**{f"{place}__hash__in": list(spellings)})
        yield from rows.values_list(
            f"{place}__hash", "registered_by", "object__registered_by"
        ).distinct()


def _private_among(claims: dict[str, _Claims]) -> set[str]:
    """Return the private files among those of which somebody says so."""
    owners = owners_by_file(claims)
    senders = _add_senders({one: set(who) for one, who in owners.items()})
    held = {one.sha1 for one in _stored_files(claims).values() if one.stored_by_id}
    people = [claim.closed_by | claim.shown_by for claim in claims.values()]
    trusted = curators_among(set().union(*people))
    return {
        one
        for one, claim in claims.items()
        if _is_closed(
            claim,
            owners[one] | trusted,
            senders[one] | trusted if one.lower() in held else None,
        )
    }


def _is_closed(claim: _Claims, owners: set[int], senders: set[int] | None) -> bool:
    """Return whether claims about a file make it private.

    ``senders`` sent the bytes; None if the registry got them from no account.
    """
    if claim.marked_by & owners:
        return True
    counting = claim.closed_by if senders is None else claim.closed_by & senders
    return bool(counting) and not claim.shown_by & owners
