"""Which files are private by all that is on record, for documents that tell of them.

A storage location says whether it is public itself. The owner may have opened the file
by another one, or somebody may have closed it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Lower, Upper

from registry.catalogue.access import ACCESSIBILITY, PRIVATE, private_among
from registry.catalogue.models import KeyValue, StorageLocation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from registry.catalogue.models import Object

#: The annotation that says that a file may be private.
HINT = "may_be_private"


def hint(location: str) -> Exists:
    """Tell in a query whether anything on record may make a file private.

    ``location`` is the path from the row to the storage location. Most files are
    public: for them nothing more is asked.
    """
    spelled = OuterRef(f"{location}__hash")
    same = StorageLocation.objects.filter(
        hash__in=[spelled, Lower(spelled), Upper(spelled)]
    )
    private = KeyValue.objects.filter(key=ACCESSIBILITY, value__iexact=PRIVATE)
    here = private.filter(object__storage_location=OuterRef("pk"))
    source = private.filter(
        object__data_products__external_object__original_store=OuterRef("pk")
    )
    return Exists(same.filter(Q(public=False) | Exists(here) | Exists(source)))


def private_hashes(objects: Iterable[Object]) -> frozenset[str]:
    """Return the hashes of private files, in lower case.

    Objects and their data products have the annotation `HINT`.
    """
    hinted = {
        location.hash
        for thing in objects
        for location in _hinted_locations(thing)
        if location is not None
    }
    return frozenset(one.lower() for one in private_among(hinted))


def is_private(location: StorageLocation | None, private: frozenset[str]) -> bool:
    """Tell whether the file at a location is among the private ones."""
    return location is not None and location.hash.lower() in private


def _hinted_locations(thing: Object) -> Iterable[StorageLocation | None]:
    if getattr(thing, HINT):
        yield thing.storage_location
    for product in thing.data_products.all():
        external = getattr(product, "external_object", None)
        if external is not None and getattr(product, HINT):
            yield external.original_store
