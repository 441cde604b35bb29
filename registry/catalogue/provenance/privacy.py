"""Which files are private by all that is on record, for documents that tell of them.

A storage location says whether it is public itself. The owner may have opened the file
by another one, or somebody may have closed it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Case, Exists, OuterRef, SmallIntegerField, When
from django.db.models.functions import Lower, Upper

from registry.catalogue.access import ACCESSIBILITY, PRIVATE, private_files
from registry.catalogue.models import KeyValue, StorageLocation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from registry.catalogue.models import Object

#: The annotation of a row that says what is on record of its file: one of the three.
HINT = "privacy"
_PUBLIC, _DOUBTFUL, _PRIVATE = range(3)


def hint(location: str) -> Case:
    """Tell in a query whether a file is private, as far as a query can.

    ``location`` is the path from the row to the storage location. Only where the file
    has private and public locations it matters who registered them.
    """
    spelled = OuterRef(f"{location}__hash")
    hashes = [spelled, Lower(spelled), Upper(spelled)]
    same = StorageLocation.objects.filter(hash__in=hashes)
    private = KeyValue.objects.filter(key=ACCESSIBILITY, value__iexact=PRIVATE)
    here = private.filter(object__storage_location=OuterRef("pk"))
    source = private.filter(
        object__data_products__external_object__original_store=OuterRef("pk")
    )
    return Case(
        When(Exists(same.filter(Exists(here) | Exists(source))), then=_PRIVATE),
        When(~Exists(same.filter(public=False)), then=_PUBLIC),
        When(Exists(same.filter(public=True)), then=_DOUBTFUL),
        default=_PRIVATE,
        output_field=SmallIntegerField(),
    )


def private_hashes(objects: Iterable[Object]) -> frozenset[str]:
    """Return the hashes of private files, in lower case.

    Objects and their data products have the annotation `HINT`.
    """
    hashes: dict[int, set[str]] = {_PUBLIC: set(), _DOUBTFUL: set(), _PRIVATE: set()}
    for thing in objects:
        for location, privacy in _located(thing):
            hashes[privacy].add(location.hash)
    private = hashes[_PRIVATE] | private_files(hashes[_DOUBTFUL])
    return frozenset(one.lower() for one in private)


def _located(thing: Object) -> Iterator[tuple[StorageLocation, int]]:
    """Yield where an object is, and where it came from, each with its hint."""
    if thing.storage_location is not None:
        yield thing.storage_location, getattr(thing, HINT)
    for product in thing.data_products.all():
        external = getattr(product, "external_object", None)
        if external is not None and external.original_store is not None:
            yield external.original_store, getattr(product, HINT)
