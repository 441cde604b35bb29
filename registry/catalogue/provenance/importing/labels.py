"""What objects of a document are called, and what is said of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from registry.catalogue.models import (
    CodeRepoRelease,
    DataProduct,
    ExternalObject,
    KeyValue,
    Keyword,
    Licence,
    Namespace,
    Object,
)
from registry.catalogue.provenance.importing.places import location_key, register_places
from registry.core.visible_names import tidy_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from registry.catalogue.models import StorageLocation
    from registry.catalogue.provenance.importing.places import LocationKey
    from registry.core.graph.described import External, Product, Thing
    from registry.core.graph.ledger import Ledger
    from registry.core.models import Record
    from registry.core.records import Values

    #: What a document says of a thing, and the object that it is on record.
    Pair = tuple[Thing, Object]


def register_products(pairs: Sequence[Pair], ledger: Ledger) -> dict[str, Record]:
    """Find or register data products, and where they came from; by key.

    A product that is on record keeps what is on record of where it came from.
    """
    said = [(product, thing) for whole, thing in pairs for product in whole.products]
    known = {
        (one.namespace.name, one.name, one.version): one
        for one in DataProduct.objects.filter(
            object__in={thing.pk for _, thing in said}
        ).select_related("namespace")
    }
    new = [(product, thing) for product, thing in said if _name(product) not in known]
    namespaces = _register_namespaces([product for product, _ in new], ledger)
    rows: list[tuple[str, Values]] = [
        (
            product.where,
            {
                "namespace": namespaces[product.namespace],
                "name": product.name,
                "version": product.version,
                "object": thing,
            },
        )
        for product, thing in new
    ]
    registered = ledger.register(DataProduct, rows)
    for (product, _), one in zip(new, registered, strict=True):
        known[_name(product)] = one
    records: dict[str, Record] = {
        product.key: known[_name(product)] for product, _ in said
    }
    return records | _register_externals(
        [product for product, _ in said], known, ledger
    )


def _name(product: Product) -> tuple[str, str, str]:
    return product.namespace, product.name, product.version


def _register_namespaces(
    products: Sequence[Product], ledger: Ledger
) -> dict[str, Namespace]:
    places = {product.namespace: product.where for product in products}
    known = {one.name: one for one in Namespace.objects.filter(name__in=set(places))}
    rows = [
        (where, {"name": name}) for name, where in places.items() if name not in known
    ]
    return known | {one.name: one for one in ledger.register(Namespace, rows)}


def _register_externals(
    products: Sequence[Product],
    records: dict[tuple[str, str, str], DataProduct],
    ledger: Ledger,
) -> dict[str, Record]:
    """Find or register the external objects of products."""
    said = [
        (product.external, records[_name(product)])
        for product in products
        if product.external is not None
    ]
    ids = {product.pk for _, product in said}
    known = {
        one.data_product_id: one
        for one in ExternalObject.objects.filter(data_product__in=ids)
    }
    new = [(external, one) for external, one in said if one.pk not in known]
    stores = register_places(
        [
            (external.where, external.original_store)
            for external, _ in new
            if external.original_store is not None
        ],
        ledger,
    )
    rows = [
        (external.where, _external_values(external, product, stores))
        for external, product in new
    ]
    for one in ledger.register(ExternalObject, rows):
        known[one.data_product_id] = one
    return {external.key: known[product.pk] for external, product in said}


def _external_values(
    external: External,
    product: DataProduct,
    stores: Mapping[LocationKey, StorageLocation],
) -> Values:
    store = external.original_store
    return {
        "data_product": product,
        "original_store": None if store is None else stores[location_key(store)],
        **external.values,
    }


def register_labels(
    pairs: Sequence[Pair], new: Collection[int], ledger: Ledger
) -> dict[str, Record]:
    """Register what is said of objects; return releases by key.

    ``new`` are the identities of the things that were not on record; of the others
    nothing more is registered than a release that is missing.
    """
    fresh = [(thing, one) for thing, one in pairs if id(thing) in new]
    for model, rows in (
        (Licence, _rows(fresh, "licences", ("licence_info", "identifier"))),
        (Keyword, _rows(fresh, "keywords", ("keyphrase", "identifier"))),
        (KeyValue, _rows(fresh, "facts", ("key", "value"))),
    ):
        ledger.register(model, rows)
    return _register_releases(pairs, ledger)


def _rows(
    pairs: Sequence[Pair], said: str, names: tuple[str, str]
) -> list[tuple[str, Values]]:
    first, second = names
    return [
        (thing.where, {"object": one, first: label, second: other})
        for thing, one in pairs
        for label, other in _tidied(getattr(thing, said))
    ]


def _tidied(said: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    """Yield labels as new records can have them, and those that become one once."""
    labels = {label for label, _ in said}
    for label, other in said:
        tidy = tidy_name(label)
        if tidy == label or tidy not in labels:
            yield tidy, other
        labels.add(tidy)


def _register_releases(pairs: Sequence[Pair], ledger: Ledger) -> dict[str, Record]:
    said = [(thing.release, one) for thing, one in pairs if thing.release is not None]
    known = {
        (one.name, one.version): one
        for one in CodeRepoRelease.objects.filter(
            object__in={one.pk for _, one in said}
        )
    }
    rows: list[tuple[str, Values]] = [
        (
            release.where,
            {
                "object": one,
                "name": release.name,
                "version": release.version,
                "website": release.website,
            },
        )
        for release, one in said
        if (release.name, release.version) not in known
    ]
    for record in ledger.register(CodeRepoRelease, rows):
        known[record.name, record.version] = record
    return {release.key: known[release.name, release.version] for release, _ in said}
