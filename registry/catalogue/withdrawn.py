"""Which files are no longer served, because what they are is withdrawn.

Checksums are not secret, and anybody can register an object at the location of somebody
else's file. So only the records of those who decide about a file count: of the account
that stored it, or else of the owners of its first location. A file is gone if all that
they offer is withdrawn: all their objects with its bytes, or all the data products that
these are, or all its locations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Exists, OuterRef, Q

from registry.catalogue.access import downloadable_files, located, owners_of
from registry.catalogue.file_records import spellings_of
from registry.catalogue.models import DataProduct, Object, StorageLocation
from registry.core.errors import Gone
from registry.identity.roles import curators_among
from registry.storage.models import StoredFile

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from registry.core.models import Record


def require_present(*records: Record) -> None:
    """Raise ``Gone`` with the reason if one of these records is withdrawn."""
    for record in records:
        if record.withdrawn is not None:
            raise Gone(
                f"This {record._meta.verbose_name} was withdrawn: {record.withdrawn}"
            )


def require_place(location: StorageLocation) -> None:
    """Raise ``Gone`` if a location or its root is withdrawn by who decides about it.

    Others can have registered them for the file of somebody else.
    """
    places = [location, location.storage_root]
    withdrawn = [place for place in places if place.withdrawn is not None]
    if not withdrawn:
        return
    people = deciders_of(location.hash)
    people |= curators_among({place.updated_by_id for place in withdrawn})
    for place in withdrawn:
        if {place.registered_by_id, place.updated_by_id} & people:
            require_present(place)


def require_served(checksum: str) -> None:
    """Raise ``Gone`` if a file is withdrawn; its checksum is its name here."""
    if withdrawn_files([checksum]):
        require_present(*_withdrawn_records(checksum))


def available_files(user: Any, checksums: Collection[str]) -> set[str]:
    """Return the files that are served to a user."""
    return downloadable_files(user, checksums) - withdrawn_files(checksums)


def deciders_of(checksum: str) -> set[int]:
    """Return whose records decide whether a file is offered."""
    stored = StoredFile.objects.filter(sha1=checksum.lower()).first()
    if stored is not None and stored.stored_by_id is not None:
        return {stored.stored_by_id}
    return owners_of(checksum)


def withdrawn_files(checksums: Collection[str]) -> set[str]:
    """Return the files among these that are withdrawn.

    This takes one statement, and some for each file with something withdrawn.
    """
    spellings = spellings_of(checksums)
    if not spellings:
        return set()
    here = Object.objects.filter(storage_location=OuterRef("pk"))
    named = DataProduct.objects.filter(object__storage_location=OuterRef("pk"))
    in_question = located(spellings).filter(
        Q(withdrawn__isnull=False)
        | Exists(here.filter(withdrawn__isnull=False))
        | Exists(named.filter(withdrawn__isnull=False))
    )
    hashes = in_question.values_list("hash", flat=True).distinct()
    found = {one for hash_ in hashes for one in spellings[hash_]}
    return {one for one in found if not _is_offered(one)}


def _is_offered(checksum: str) -> bool:
    """Return whether those who decide about a file still offer it."""
    people = deciders_of(checksum)
    places = located(spellings_of([checksum]))
    things = Object.objects.filter(storage_location=OuterRef("pk"))
    products = DataProduct.objects.filter(object=OuterRef("pk"))
    own_things = things.filter(registered_by__in=people)
    own_products = products.filter(registered_by__in=people)
    offered = own_things.not_withdrawn().filter(
        ~Exists(own_products) | Exists(own_products.not_withdrawn())
    )
    gone = Q(registered_by__in=people, withdrawn__isnull=False)
    live = places.exclude(gone).filter(
        Exists(offered) | (Q(registered_by__in=people) & ~Exists(own_things))
    )
    if live.exists():
        return True
    # what others registered does not decide: without own records all is as before
    own = places.filter(Q(registered_by__in=people) | Exists(own_things))
    return not own.exists()


def _withdrawn_records(checksum: str) -> Iterator[Record]:
    """Yield what is withdrawn of a file: locations, objects, data products."""
    people = deciders_of(checksum)
    here = located(spellings_of([checksum])).values("pk")
    things = Object.objects.filter(storage_location__in=here)
    of_things = DataProduct.objects.filter(object__in=things.values("pk"))
    for records in (StorageLocation.objects.filter(pk__in=here), things, of_things):
        own: Any = records.filter(registered_by__in=people)
        yield from own.filter(withdrawn__isnull=False).order_by("pk")[:1]
