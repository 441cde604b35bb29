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
from registry.identity.models import User
from registry.identity.roles import is_administrator, may_read_private_data
from registry.storage.models import StoredFile
from registry.storage.services import uploader_of

if TYPE_CHECKING:
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
    return not is_private(checksum) or _may_read_private(user, checksum)


def require_download(user: Any, checksum: str) -> bool:
    """Raise ``Forbidden`` unless this person may have the bytes; tell if private."""
    if not is_private(checksum):
        return False
    if _may_read_private(user, checksum):
        return True
    raise Forbidden(
        "This file is private: only who registered it, administrators and people with "
        "the role private-data-read may download it."
    )


def is_private(checksum: str) -> bool:
    """Tell whether a file goes to few; see the module's description."""
    return _has_private_object(checksum) or _is_closed(checksum)


def locations_of(checksum: str) -> QuerySet[StorageLocation]:
    """Return the storage locations of a file, as their hash is usually spelled."""
    return StorageLocation.objects.filter(hash__in=_spellings(checksum)).order_by()


def _spellings(checksum: str) -> list[str]:
    return list(dict.fromkeys([checksum.lower(), checksum.upper(), checksum]))


def _has_private_object(checksum: str) -> bool:
    """Tell whether an object at the file, or one that came from there, is private."""
    private = KeyValue.objects.filter(key=ACCESSIBILITY, value__iexact=PRIVATE)
    hashes = _spellings(checksum)
    # one after the other: databases make little use of indexes for an OR of joins
    return any(
        private.filter(**{f"{place}__hash__in": hashes}).exists() for place in _PLACES
    )


def _is_closed(checksum: str) -> bool:
    """Tell whether a private location counts."""
    said = locations_of(checksum).values_list("public", "registered_by").distinct()
    by_public: dict[bool, set[int]] = {True: set(), False: set()}
    for public, who in said:
        by_public[public].add(who)
    return bool(by_public[False]) and not _can_open(by_public[True], checksum)


def _can_open(registrars: set[int], checksum: str) -> bool:
    """Tell whether one of these people may declare the file public."""
    if not registrars:
        return False
    if registrars & owners_of(checksum):
        return True
    return any(is_administrator(who) for who in User.objects.filter(pk__in=registrars))


def owners_of(checksum: str) -> set[int]:
    """Return the ids of the file's owners."""
    file = StoredFile.objects.filter(sha1=checksum.lower()).first()
    uploader = uploader_of(file) if file is not None else None
    locations = locations_of(checksum)
    if file is not None and uploader is not None:
        # who registered it before it came here did not show that they had it
        locations = locations.filter(last_updated__gte=file.stored_at)
    first = locations.order_by("pk").values_list("registered_by", flat=True).first()
    return {who for who in (uploader, first) if who is not None}


def _may_read_private(user: Any, checksum: str) -> bool:
    return may_read_private_data(user, owners_of(checksum))
