"""Everything that documents about a lineage say of its records, fetched at once.

The number of queries does not depend on how many nodes there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from django.db.models import Prefetch

from registry.catalogue.models import (
    Author,
    DataProduct,
    Object,
    ObjectComponent,
    UserAuthor,
)
from registry.catalogue.provenance.privacy import HINT, hint, private_hashes
from registry.core.graph import graph
from registry.runs.models import CodeRun
from registry.storage.models import StoredFile

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from django.db.models import QuerySet

    from registry.core.graph import NodeType
    from registry.core.models import Record
    from registry.provenance.lineage import Lineage

R = TypeVar("R", bound="Record")

#: What is fetched of a product, and of the object that it is.
_PRODUCT_LINKS = ("namespace", "external_object__original_store__storage_root")
_OBJECT_LINKS = ("storage_location__storage_root", "file_type", "code_repo_release")
_OBJECT_LISTS = ("authors", "licences", "keywords", "key_values")


@dataclass(frozen=True)
class Records:
    """The records of a lineage by their ids, with what they link to.

    Objects have their location with its root, file type, release, authors, licences,
    keywords and key values; their ``data_products`` are all the names that they have,
    each with its namespace and its external object with the original store. Runs have
    ``registered_by``. ``components`` are those that edges name, with their issues.
    ``others`` are the records of other registered types. ``authors`` are those that
    accounts belong to, by the account's id; ``files`` are what the store holds, by
    SHA-1; ``private`` are the hashes of private files.
    """

    runs: dict[int, CodeRun]
    objects: dict[int, Object]
    products: dict[int, DataProduct]
    components: dict[int, ObjectComponent]
    others: dict[NodeType, dict[int, Any]]
    authors: dict[int, Author]
    files: dict[str, StoredFile]
    private: frozenset[str]

    def file_of(self, thing: Object) -> StoredFile | None:
        """Return the file of an object, where the store holds it."""
        location = thing.storage_location
        return self.files.get(location.hash.lower()) if location else None


def records_of(lineage: Lineage) -> Records:
    """Fetch the records of a lineage.

    What was removed since the lineage was read is not among them.
    """
    runs = _by_id(
        CodeRun.objects.select_related("registered_by"), lineage.ids_of(CodeRun)
    )
    named = (
        DataProduct.objects.select_related(*_PRODUCT_LINKS)
        .annotate(**{HINT: hint("external_object__original_store")})
        .order_by("pk")
    )
    objects = _by_id(
        Object.objects.select_related(*_OBJECT_LINKS)
        .annotate(**{HINT: hint("storage_location")})
        .prefetch_related(*_OBJECT_LISTS, Prefetch("data_products", named)),
        lineage.ids_of(Object),
    )
    others: dict[NodeType, dict[int, Any]] = {
        one: _by_id(one.model._default_manager.select_related("registered_by"), ids)
        for one in graph.types
        if not one.is_default and (ids := lineage.ids_of(one.model))
    }
    products = (one for thing in objects.values() for one in thing.data_products.all())
    done: list[Any] = [*runs.values()]
    done += [one for of_type in others.values() for one in of_type.values()]
    return Records(
        runs=runs,
        objects=objects,
        products={product.pk: product for product in products},
        components=_by_id(
            ObjectComponent.objects.prefetch_related("issues"), lineage.components
        ),
        others=others,
        authors=_authors({one.registered_by_id for one in done}),
        files=_files(objects.values()),
        private=private_hashes(objects.values()),
    )


def _by_id(queryset: QuerySet[R], ids: Iterable[int]) -> dict[int, R]:
    """Fetch records in one query; ``in_bulk`` takes several on SQLite."""
    return {one.pk: one for one in queryset.filter(pk__in=list(ids)).order_by()}


def _authors(accounts: Collection[int]) -> dict[int, Author]:
    """Return which author each account belongs to, where that is known."""
    links = UserAuthor.objects.filter(user__in=accounts).select_related("author")
    return {link.user_id: link.author for link in links.order_by()}


def _files(objects: Iterable[Object]) -> dict[str, StoredFile]:
    hashes = {
        thing.storage_location.hash.lower()
        for thing in objects
        if thing.storage_location is not None
    }
    return {file.sha1: file for file in StoredFile.objects.filter(sha1__in=hashes)}
