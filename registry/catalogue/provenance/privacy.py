"""Which files are private by all that is on record, for documents that tell of them.

A storage location says whether it is public itself. The owner may have opened the file
by another one, or somebody may have closed it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from registry.catalogue.access import private_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def private_hashes(objects: Iterable[Any]) -> frozenset[str]:
    """Return the hashes of private files, in lower case."""
    hashes = {hash_ for thing in objects for hash_ in _hashes(thing)}
    return frozenset(one.lower() for one in private_files(hashes))


def _hashes(thing: Any) -> Iterator[str]:
    """Yield the hash of an object, and those of where it came from."""
    if thing.storage_location is not None:
        yield thing.storage_location.hash
    for product in thing.data_products.all():
        external = product.external_object
        # what is withdrawn of it, documents leave out
        if external is None or external.withdrawn is not None:
            continue
        if external.original_store is not None:
            yield external.original_store.hash
