"""Which files are private by all that is on record, for documents that tell of them.

A storage location says whether it is public itself. The owner may have opened the file
by another one, or somebody may have closed it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef
from django.db.models.functions import Lower, Upper

from registry.catalogue.access import PRIVATE_KEY, private_files
from registry.catalogue.models import StorageLocation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from django.db.models import Q

    from registry.catalogue.models import Object

#: The annotation of a row that says whether somebody calls its file private.
HINT = "privacy"


def hint(location: str) -> Q:
    """Tell in a query whether somebody says that a file is private.

    ``location`` is the path from the row to the storage location. Whether it is private
    depends on who says so.
    """
    spelled = OuterRef(f"{location}__hash")
    hashes = [spelled, Lower(spelled), Upper(spelled)]
    same = StorageLocation.objects.filter(hash__in=hashes)
    private = PRIVATE_KEY.pairs()
    here = private.filter(object__storage_location=OuterRef("pk"))
    source = private.filter(
        object__data_products__external_object__original_store=OuterRef("pk")
    )
    marked = Exists(same.filter(Exists(here) | Exists(source)))
    return marked | Exists(same.filter(public=False))


def private_hashes(objects: Iterable[Object]) -> frozenset[str]:
    """Return the hashes of private files, in lower case.

    Objects and their data products have the annotation `HINT`.
    """
    doubtful = {
        location.hash
        for thing in objects
        for location, in_doubt in _located(thing)
        if in_doubt
    }
    return frozenset(one.lower() for one in private_files(doubtful))


def _located(thing: Object) -> Iterator[tuple[StorageLocation, bool]]:
    """Yield where an object is, and where it came from, each with its hint."""
    if thing.storage_location is not None:
        yield thing.storage_location, getattr(thing, HINT)
    for product in thing.data_products.all():
        external = getattr(product, "external_object", None)
        # what is withdrawn of it, documents leave out
        if external is None or external.withdrawn is not None:
            continue
        if external.original_store is not None:
            yield external.original_store, getattr(product, HINT)
