"""Private files of a document: the strictest of all that is said of a file counts.

A document may name the same bytes several times, and the registry may know them. They
are private as soon as one of the places says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from registry.core.errors import Conflict
from registry.core.graph import graph

if TYPE_CHECKING:
    from collections.abc import Collection

    from registry.core.graph.described import Graph, Place, Product, Thing


def close_private(described: Graph) -> Graph:
    """Return the graph with every place of a private file private.

    That are the files that the document calls private anywhere, and those that are
    private on record.
    """
    closed = set(_declared_private(described))
    closed |= _private_on_record(_hashes(described))
    things = tuple(_close_thing(thing, closed) for thing in described.things)
    return replace(described, things=things)


def require_private(described: Graph) -> None:
    """Raise ``Conflict`` if a file is public on record that a document calls private.

    Called when all of the document is on record, and its files are in the store.
    """
    declared = _declared_private(described)
    private = _private_on_record(set(declared))
    for hash_, where in declared.items():
        if hash_ not in private:
            raise Conflict(
                f"{where}: this file is to be private, but it is public on record: its "
                f"owner has registered a public location of the hash {hash_}."
            )


def _private_on_record(hashes: Collection[str]) -> set[str]:
    """Return which hashes are of private files on record, in lower case."""
    return {one.lower() for one in graph.files.private_among(hashes)}


def _declared_private(described: Graph) -> dict[str, str]:
    """Return the hashes that a document calls private, and where it first does."""
    declared: dict[str, str] = {}
    for thing in described.things:
        by_fact = any(map(graph.files.is_private_fact, thing.facts))
        for place in _places(thing):
            if by_fact or not place.public:
                declared.setdefault(place.hash.lower(), thing.where)
    return declared


def _hashes(described: Graph) -> set[str]:
    return {place.hash for thing in described.things for place in _places(thing)}


def _places(thing: Thing) -> Iterator[Place]:
    """Yield where a thing is, and where it came from."""
    if thing.place is not None:
        yield thing.place
    for product in thing.products:
        if product.external is not None and product.external.original_store is not None:
            yield product.external.original_store


def _close_thing(thing: Thing, closed: Collection[str]) -> Thing:
    return replace(
        thing,
        place=_close_place(thing.place, closed),
        products=tuple(_close_product(one, closed) for one in thing.products),
    )


def _close_product(product: Product, closed: Collection[str]) -> Product:
    external = product.external
    if external is None:
        return product
    store = _close_place(external.original_store, closed)
    return replace(product, external=replace(external, original_store=store))


def _close_place(place: Place | None, closed: Collection[str]) -> Place | None:
    if place is None or place.hash.lower() not in closed:
        return place
    return replace(place, public=False)
