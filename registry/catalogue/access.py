"""Who may have the bytes of a file: everybody, or for a private one, few.

A file is private when one of its storage locations is not public, or when an object
there has the key value ``accessibility`` = ``private``. Anybody can register such a
record about a file, and closes it; to open a file, or to be among those who may read
it, takes more, for its checksum is no secret:

- *Owners* of a file are who uploaded it and who registered its first location.
- A private location is outweighed by a public one of the same file only where an
  owner or an administrator registered that.

An upload that has no location yet is not private: nobody has been told its checksum.
Whatever the address a file is asked for by, this is decided by its checksum.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from registry.catalogue.models import KeyValue, StorageLocation
from registry.core.errors import Forbidden
from registry.identity.roles import administrators_among, may_read_private_data
from registry.storage.models import StoredFile
from registry.storage.services import uploaders_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from django.db.models import QuerySet

#: The key value that closes an object's file.
ACCESSIBILITY, PRIVATE = "accessibility", "private"
#: From a key value to the locations that its object is at, or came from.
_PLACES = (
    "object__storage_location",
    "object__data_products__external_object__original_store",
)


def may_download(user: Any, checksum: str) -> bool:
    """Tell whether a person, or nobody in particular, may have the file's bytes."""
    return checksum in downloadable_among(user, [checksum])


def downloadable_among(user: Any, checksums: Collection[str]) -> set[str]:
    """Return the files of which a person may have the bytes, in a few statements."""
    private = private_among(checksums)
    owners = owners_among(private)
    hidden = {one for one in private if not _may_read_private(user, owners[one])}
    return set(checksums) - hidden


def require_download(user: Any, checksum: str) -> bool:
    """Raise ``Forbidden`` unless this person may have the bytes; tell if private."""
    if not is_private(checksum):
        return False
    if _may_read_private(user, owners_of(checksum)):
        return True
    raise Forbidden(
        "This file is private: only who registered it, administrators and people with "
        "the role private-data-read may download it."
    )


def is_private(checksum: str) -> bool:
    """Tell whether a file goes to few; see the module's description."""
    return bool(private_among([checksum]))


def private_among(checksums: Collection[str]) -> set[str]:
    """Return the files that go to few, in as many statements however many they are."""
    spelled = _spelled(checksums)
    if not spelled:
        return set()
    return _with_private_objects(spelled) | _closed_among(spelled)


def locations_of(checksum: str) -> QuerySet[StorageLocation]:
    """Return the storage locations of a file, as their hash is usually spelled."""
    return _locations_among(_spelled([checksum]))


def owners_of(checksum: str) -> set[int]:
    """Return the ids of the file's owners."""
    return owners_among([checksum])[checksum]


def owners_among(checksums: Collection[str]) -> dict[str, set[int]]:
    """Return the ids of the owners of each file."""
    owners: dict[str, set[int]] = {checksum: set() for checksum in checksums}
    spelled = _spelled(checksums)
    if not spelled:
        return owners
    files = StoredFile.objects.filter(sha1__in={one.lower() for one in checksums})
    by_sha1 = {file.sha1: file for file in files}
    uploaders = uploaders_of([file.pk for file in by_sha1.values()])
    for checksum, mine in owners.items():
        file = by_sha1.get(checksum.lower())
        uploader = uploaders.get(file.pk) if file is not None else None
        mine.update(() if uploader is None else (uploader,))
    located: set[str] = set()
    rows = _locations_among(spelled).order_by("pk")
    for hash_, who, at in rows.values_list("hash", "registered_by", "last_updated"):
        for checksum in spelled[hash_] - located:
            file = by_sha1.get(checksum.lower())
            # who registered it before it came here did not show that they had it
            if file and owners[checksum] and at < file.stored_at:
                continue
            located.add(checksum)
            owners[checksum].add(who)
    return owners


def _spelled(checksums: Collection[str]) -> dict[str, set[str]]:
    """Return how locations may spell checksums, and which checksum each spells."""
    spelled: dict[str, set[str]] = {}
    for checksum in checksums:
        for spelling in (checksum.lower(), checksum.upper(), checksum):
            spelled.setdefault(spelling, set()).add(checksum)
    return spelled


def _locations_among(spelled: Collection[str]) -> QuerySet[StorageLocation]:
    return StorageLocation.objects.filter(hash__in=list(spelled)).order_by()


def _with_private_objects(spelled: dict[str, set[str]]) -> set[str]:
    """Return the files at which an object, or one that came from there, is private."""
    private = KeyValue.objects.filter(key=ACCESSIBILITY, value__iexact=PRIVATE)
    found: set[str] = set()
    # one after the other: databases make little use of indexes for an OR of joins
    for place in _PLACES:
        rows = private.filter(**{f"{place}__hash__in": list(spelled)})
        for hash_ in rows.values_list(f"{place}__hash", flat=True).distinct():
            found |= spelled[hash_]
    return found


def _closed_among(spelled: dict[str, set[str]]) -> set[str]:
    """Return the files of which a private location counts."""
    said: dict[str, dict[bool, set[int]]] = {}
    rows = _locations_among(spelled).values_list("hash", "public", "registered_by")
    for hash_, public, who in rows.distinct():
        for checksum in spelled[hash_]:
            by_public = said.setdefault(checksum, {True: set(), False: set()})
            by_public[public].add(who)
    closed = {
        one: by_public[True] for one, by_public in said.items() if by_public[False]
    }
    return set(closed) - _openable({one: who for one, who in closed.items() if who})


def _openable(registrars: dict[str, set[int]]) -> set[str]:
    """Return the files that one of these people may declare public."""
    owners = owners_among(registrars)
    opened = {one for one, people in registrars.items() if people & owners[one]}
    others = {one: who for one, who in registrars.items() if one not in opened}
    administrators = administrators_among(set().union(*others.values()))
    return opened | {one for one, who in others.items() if who & administrators}


def _may_read_private(user: Any, owners: set[int]) -> bool:
    return may_read_private_data(user, owners)
