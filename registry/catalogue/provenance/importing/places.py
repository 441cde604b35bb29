"""Storage places and file types of a document: found, or registered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from registry.catalogue.models import FileType, StorageLocation, StorageRoot

if TYPE_CHECKING:
    from registry.core.graph.described import Place
    from registry.core.graph.ledger import Ledger

    #: A place that is wanted, and where in the document it is named.
    Wanted = tuple[str, Place]
    #: What a registry tells locations apart by: root, hash, and whether it is public.
    LocationKey = tuple[str, str, bool]


def register_places(
    wanted: Sequence[Wanted], ledger: Ledger
) -> Mapping[LocationKey, StorageLocation]:
    """Return the storage locations by `location_key`.

    A registry has the same bytes below a root once: the path on record stays.
    """
    roots = _register_roots(wanted, ledger)
    names = {root.pk: root.root for root in roots.values()}
    found = StorageLocation.objects.filter(
        storage_root__in=names, hash__in={place.hash for _, place in wanted}
    )
    known = {
        (names[location.storage_root_id], location.hash, location.public): location
        for location in found
    }
    missing = {
        location_key(place): (where, place)
        for where, place in wanted
        if location_key(place) not in known
    }
    rows = [
        (
            where,
            {
                "path": place.path,
                "hash": place.hash,
                "public": place.public,
                "storage_root": roots[place.root],
            },
        )
        for where, place in missing.values()
    ]
    new = ledger.register(StorageLocation, rows)
    return {**known, **dict(zip(missing, new, strict=True))}


def location_key(place: Place) -> LocationKey:
    """Return what a place is told apart by."""
    return place.root, place.hash, place.public


def _register_roots(wanted: Sequence[Wanted], ledger: Ledger) -> dict[str, StorageRoot]:
    places = {place.root: where for where, place in wanted}
    known = {
        root.root: root for root in StorageRoot.objects.filter(root__in=set(places))
    }
    rows = [
        (where, {"root": root}) for root, where in places.items() if root not in known
    ]
    known |= {root.root: root for root in ledger.register(StorageRoot, rows)}
    return known


def register_file_types(
    wanted: Mapping[tuple[str, str | None], str], ledger: Ledger
) -> dict[tuple[str, str | None], FileType | None]:
    """Return the file types by name and ending; ``wanted`` says where each is named.

    Of a type whose ending is not known, the first that is on record under its name is
    taken; where there is none, no type can be registered.
    """
    known: dict[tuple[str, str | None], FileType | None] = {}
    names = {name for name, _ in wanted}
    for file_type in FileType.objects.filter(name__in=names).order_by("pk"):
        known[file_type.name, file_type.extension] = file_type
        known.setdefault((file_type.name, None), file_type)
    rows = [
        (where, {"name": name, "extension": extension})
        for (name, extension), where in wanted.items()
        if extension and (name, extension) not in known
    ]
    for file_type in ledger.register(FileType, rows):
        known[file_type.name, file_type.extension] = file_type
        known.setdefault((file_type.name, None), file_type)
    return {key: known.get(key) for key in wanted}
