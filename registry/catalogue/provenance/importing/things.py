"""Files of a document: found by name, version, UUID and hash, or registered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from registry.catalogue.models import (
    CodeRepoRelease,
    DataProduct,
    Object,
)
from registry.catalogue.provenance.importing.labels import (
    register_labels,
    register_products,
)
from registry.catalogue.provenance.importing.places import (
    location_key,
    register_file_types,
    register_places,
)
from registry.core.errors import Conflict
from registry.core.graph.described import Registered

if TYPE_CHECKING:
    from registry.core.graph.described import Place, Thing
    from registry.core.graph.ledger import Ledger
    from registry.core.models import Record

#: Where the object of a thing is looked up, with its bytes.
_LOCATION = "storage_location"


def register_things(
    things: Sequence[Thing], people: Mapping[str, Record], ledger: Ledger
) -> Registered:
    """Find or register the things, under all the names that they have.

    Runs can refer to an object by the keys of its products and its release as well.
    """
    known = _Known(things)
    found = [known.object_of(thing) for thing in things]
    new = [thing for thing, one in zip(things, found, strict=True) if one is None]
    registered = iter(_register_objects(new, people, ledger))
    pairs = [
        (thing, one or next(registered))
        for thing, one in zip(things, found, strict=True)
    ]
    _register_private(
        [thing for thing, one in zip(things, found, strict=True) if one is not None],
        ledger,
    )
    records: dict[str, Record] = {
        key: thing for said, thing in pairs for key in said.keys
    }
    records |= register_products(pairs, ledger)
    records |= register_labels(pairs, {id(thing) for thing in new}, ledger)
    links: dict[str, Record] = {
        key: one for said, one in pairs for key in _keys_of(said)
    }
    return Registered(links, records)


def _keys_of(thing: Thing) -> Iterator[str]:
    """Yield every key by which a document may mean this thing."""
    yield from thing.keys
    for product in thing.products:
        yield product.key
        if product.external is not None:
            yield product.external.key
    if thing.release is not None:
        yield thing.release.key


class _Known:
    """What is on record of the things in a document, in three queries."""

    def __init__(self, things: Sequence[Thing]) -> None:
        self.by_uuid = {
            one.uuid: one
            for one in Object.objects.filter(
                uuid__in={thing.uuid for thing in things}
            ).select_related(_LOCATION)
        }
        products = [product for thing in things for product in thing.products]
        # names, versions and namespaces apart: an OR of thousands is no query
        self.by_product = {
            (one.namespace.name, one.name, one.version): one.object
            for one in DataProduct.objects.filter(
                name__in={product.name for product in products},
                version__in={product.version for product in products},
                namespace__name__in={product.namespace for product in products},
            ).select_related("namespace", f"object__{_LOCATION}")
        }
        releases = [thing.release for thing in things if thing.release]
        self.by_release = {
            (one.name, one.version): one.object
            for one in CodeRepoRelease.objects.filter(
                name__in={release.name for release in releases},
                version__in={release.version for release in releases},
            ).select_related(f"object__{_LOCATION}")
        }

    def object_of(self, thing: Thing) -> Object | None:
        """Return the object that a thing is on record as.

        Raises ``Conflict`` when the document contradicts the record.
        """
        found = [thing.record] if thing.record is not None else []
        found += [one for one in self._named(thing) if one is not None]
        if thing.uuid in self.by_uuid and (thing.uuid_stated or not found):
            found.append(self.by_uuid[thing.uuid])
        if len({one.pk for one in found}) > 1:
            numbers = " and ".join(sorted({str(one.pk) for one in found}))
            raise Conflict(
                f"{thing.where}: its names and its UUID belong to different objects "
                f"on record: {numbers}."
            )
        if found:
            _require_same(thing, found[0])
        return found[0] if found else None

    def _named(self, thing: Thing) -> Iterator[Object | None]:
        for product in thing.products:
            name = (product.namespace, product.name, product.version)
            yield self.by_product.get(name)
        if thing.release is not None:
            yield self.by_release.get((thing.release.name, thing.release.version))


def _require_same(thing: Thing, on_record: Object) -> None:
    """Refuse to take other data for what is on record under the same name."""
    location = on_record.storage_location
    if thing.place is not None and location is not None:
        if thing.place.hash.lower() == location.hash.lower():
            return
        raise Conflict(
            f"{thing.where}: object {on_record.pk} on record has the hash "
            f"{location.hash}, this one has {thing.place.hash}."
        )
    if thing.uuid_stated and thing.uuid != on_record.uuid:
        raise Conflict(
            f"{thing.where}: object {on_record.pk} on record has this name and "
            f"another UUID, {on_record.uuid}."
        )


def _register_objects(
    things: Sequence[Thing], people: Mapping[str, Record], ledger: Ledger
) -> list[Object]:
    """Register the objects of things that are not on record."""
    locations = register_places(list(_places(things)), ledger)
    file_types = register_file_types(
        {thing.file_type: thing.where for thing in things if thing.file_type}, ledger
    )
    rows = [
        (
            thing.where,
            {
                "uuid": thing.uuid,
                "description": thing.description,
                "file_type": file_types[thing.file_type] if thing.file_type else None,
                "authors": [people[key] for key in thing.authors],
                "storage_location": (
                    locations[location_key(thing.place)] if thing.place else None
                ),
            },
        )
        for thing in things
    ]
    return ledger.register(Object, rows)


def _register_private(things: Sequence[Thing], ledger: Ledger) -> None:
    """Register the private places of things that are on record.

    Their objects may be at a public location, which does not say that they are private.
    """
    places = [(where, place) for where, place in _places(things) if not place.public]
    register_places(places, ledger)


def _places(things: Sequence[Thing]) -> Iterator[tuple[str, Place]]:
    for thing in things:
        if thing.place is not None:
            yield thing.where, thing.place
