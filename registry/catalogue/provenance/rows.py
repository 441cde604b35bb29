"""What documents fetch of the catalogue, in as many queries whatever the number.

Withdrawn labels of an object are left out, because documents would state them as valid.
Withdrawn objects, data products and runs are included, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING

from django.db.models import Prefetch

from registry.catalogue.access import PRIVATE_KEY
from registry.catalogue.files import last_path_part
from registry.catalogue.models import (
    Author,
    CodeRepoRelease,
    DataProduct,
    ExternalObject,
    Issue,
    KeyValue,
    Keyword,
    Licence,
    Object,
    ObjectComponent,
    UserAuthor,
)
from registry.catalogue.provenance.privacy import HINT, hint
from registry.core.texts import shorten_text

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from registry.core.graph import NodeType


def report_objects(
    ids: Collection[int], entities: Callable[[NodeType], Collection[int]]
) -> Iterable[Object]:
    """Fetch objects with all that reports tell of them."""
    products = DataProduct.objects.select_related(
        "namespace", "external_object__original_store__storage_root"
    ).annotate(**{HINT: hint("external_object__original_store")})
    private = PRIVATE_KEY.pairs()
    return (
        Object.objects.filter(pk__in=ids)
        .select_related(
            "storage_location__storage_root", "file_type", "code_repo_release"
        )
        .annotate(**{HINT: hint("storage_location")})
        .prefetch_related(
            Prefetch("data_products", products),
            Prefetch("authors", Author.objects.order_by("pk")),
            Prefetch("key_values", private, to_attr="closing"),
        )
    )


def crate_objects() -> QuerySet[Object]:
    """Select objects with all that crates tell of them.

    Their ``data_products`` are all the names that they have, each with its namespace
    and its external object with the original store.
    """
    products = (
        DataProduct.objects.select_related(
            "namespace", "external_object__original_store__storage_root"
        )
        .annotate(**{HINT: hint("external_object__original_store")})
        .order_by("pk")
    )
    return (
        Object.objects.select_related(
            "storage_location__storage_root", "file_type", "code_repo_release"
        )
        .annotate(**{HINT: hint("storage_location")})
        .prefetch_related(
            "authors",
            Prefetch("licences", Licence.objects.not_withdrawn()),
            Prefetch("keywords", Keyword.objects.not_withdrawn()),
            Prefetch("key_values", KeyValue.objects.not_withdrawn()),
            Prefetch("data_products", products),
        )
    )


def crate_components() -> QuerySet[ObjectComponent]:
    """Select components with their issues."""
    issues = Prefetch("issues", Issue.objects.not_withdrawn())
    return ObjectComponent.objects.prefetch_related(issues)  # type: ignore[arg-type]


def authors_of_accounts(accounts: Collection[int]) -> dict[int, Author]:
    """Return which author each account belongs to, where that is known."""
    links = UserAuthor.objects.not_withdrawn().filter(user__in=accounts)
    links = links.select_related("author")
    return {link.user_id: link.author for link in links.order_by()}


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
