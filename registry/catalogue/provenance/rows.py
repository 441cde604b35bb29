"""What documents read of the rows that they fetch of the catalogue.

Withdrawn labels of an object are left out, because documents would state them as valid.
Withdrawn objects, data products and runs are included, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from registry.catalogue.files import last_path_part
from registry.catalogue.models import (
    Author,
    CodeRepoRelease,
    DataProduct,
    ExternalObject,
    Object,
)
from registry.core.texts import shorten_text

if TYPE_CHECKING:
    pass


def products_of(thing: Object) -> list[DataProduct]:
    """Return the data products that an object is, in the order of their ids."""
    return sorted(thing.data_products.all(), key=lambda product: product.pk)


def external_of(product: DataProduct) -> ExternalObject | None:
    """Return where a product came from, without asking the database again."""
    external = getattr(product, "external_object", None)
    return external if external is None or external.withdrawn is None else None


def release_of(thing: Object) -> CodeRepoRelease | None:
    """Return the release that an object is, without asking the database again."""
    release = getattr(thing, "code_repo_release", None)
    return release if release is None or release.withdrawn is None else None


def why_withdrawn(thing: Object) -> str | None:
    """Return why an object's file is not given out; None if it is not withdrawn.

    It is withdrawn itself, or its location is, or all data products that it is are.
    """
    location = thing.storage_location
    if thing.withdrawn is not None or location is None:
        return thing.withdrawn
    if location.withdrawn is not None:
        return location.withdrawn
    products = [product.withdrawn for product in products_of(thing)]
    return next(iter(products), None) if None not in products else None


def authors_of(thing: Object) -> Iterable[Author]:
    """Return who made an object."""
    return thing.authors.all()


def name_of_object(thing: Object) -> str:
    """Return what an object is called: as a product or a release, else as a file."""
    for product in thing.data_products.all():
        return product.name
    release = release_of(thing)
    if release is not None:
        return f"{release.name} {release.version}"
    described = shorten_text(thing.description, 60).removesuffix(" …").rstrip(".")
    return last_path_part(thing) or described or f"object {thing.pk}"


def supplement_of(product: int) -> ExternalObject | None:
    """Return where a data product came from, if that is a supplement."""
    supplements = ExternalObject.objects.filter(primary_not_supplement=False)
    rows = supplements.not_withdrawn().select_related("data_product")
    rows = rows.filter(data_product=product)
    return rows.first()
