"""What documents fetch of objects, in as many queries whatever the number.

Light rows, by queries that are compiled once. Withdrawn labels of an object are left
out, because documents would state them as valid.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from registry.catalogue.file_records import PRIVATE_KEY
from registry.catalogue.models import (
    Author,
    CodeRepoRelease,
    DataProduct,
    ExternalObject,
    FileType,
    KeyValue,
    Keyword,
    Licence,
    Namespace,
    Object,
    ObjectComponent,
    StorageLocation,
    StorageRoot,
    UserAuthor,
)
from registry.core.compiled import CompiledByIds
from registry.core.light_rows import LightRows, RowList
from registry.core.lookups import IdIn

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from registry.core.graph import NodeType

_LOCATION = LightRows(
    StorageLocation,
    "path",
    "hash",
    "public",
    "withdrawn",
    storage_root=LightRows(StorageRoot, "root"),
)
AUTHOR = LightRows(Author, "name", "identifier", "uuid", "withdrawn")
_PRODUCT = LightRows(
    DataProduct,
    "name",
    "version",
    "withdrawn",
    "object_id",
    namespace=LightRows(Namespace, "name", "full_name", "website", "withdrawn"),
    external_object=LightRows(
        ExternalObject,
        "title",
        "release_date",
        "version",
        "identifier",
        "alternate_identifier",
        "alternate_identifier_type",
        "description",
        "primary_not_supplement",
        "withdrawn",
        original_store=_LOCATION,
    ),
)
_KEY_VALUE = LightRows(KeyValue, "key", "value")


@dataclass(frozen=True)
class _LinkedList:
    """A list of an object's, by its name: what to fetch, and how to find it."""

    name: str
    columns: LightRows
    rows: CompiledByIds


def _linked(
    name: str,
    columns: LightRows,
    queryset: Callable[[], QuerySet[Any]],
    *,
    owner: str = "object",
    order: str = "-pk",
) -> _LinkedList:
    """Declare a list of the rows whose ``owner`` is an object."""
    return _LinkedList(
        name,
        columns,
        CompiledByIds(
            lambda ids: (
                queryset()
                .filter(IdIn(owner, ids))
                .order_by(order)
                .values_list(owner, *columns.paths)
            )
        ),
    )


_PRODUCTS = _linked("data_products", _PRODUCT, DataProduct.objects.all, order="pk")


def _authors(order: str) -> _LinkedList:
    return _linked(
        "authors", AUTHOR, Author.objects.all, owner="objects_made", order=order
    )


class _Objects:
    """Objects with lists of theirs."""

    def __init__(self, *lists: _LinkedList) -> None:
        self._lists = lists
        columns = LightRows(
            Object,
            "last_updated",
            "description",
            "uuid",
            "withdrawn",
            lists=[one.name for one in lists],
            storage_location=_LOCATION,
            file_type=LightRows(FileType, "name", "extension", "withdrawn"),
            code_repo_release=LightRows(
                CodeRepoRelease, "name", "version", "website", "withdrawn"
            ),
        )
        self._columns = columns
        self._rows = CompiledByIds(
            lambda ids: (
                Object.objects.filter(IdIn("pk", ids))
                .order_by()
                .values_list(*columns.paths)
            )
        )

    def fetch(self, ids: Collection[int]) -> list[Any]:
        """Return the objects with these ids, without ids none."""
        if not ids:
            return []
        found = [one.columns.by_owner(one.rows.rows(ids)) for one in self._lists]
        return [
            self._columns.row(values, *_lists_of(values[0], found))
            for values in self._rows.rows(ids)
        ]


def _lists_of(pk: int, found: Sequence[dict[Any, RowList]]) -> list[RowList]:
    return [lists.get(pk) or RowList() for lists in found]


_REPORTED = _Objects(
    _PRODUCTS, _authors("pk"), _linked("closing", _KEY_VALUE, PRIVATE_KEY.pairs)
)
_IN_CRATES = _Objects(
    _PRODUCTS,
    _authors("-pk"),
    _linked(
        "licences",
        LightRows(Licence, "licence_info", "identifier"),
        Licence.objects.not_withdrawn,
    ),
    _linked(
        "keywords",
        LightRows(Keyword, "keyphrase", "identifier"),
        Keyword.objects.not_withdrawn,
    ),
    _linked("key_values", _KEY_VALUE, KeyValue.objects.not_withdrawn),
)


def report_objects(
    ids: Collection[int], _: Callable[[NodeType], Collection[int]]
) -> Iterable[Any]:
    """Fetch objects with all that reports tell of them."""
    return _REPORTED.fetch(ids)


def crate_objects(ids: Collection[int]) -> Iterable[Any]:
    """Fetch objects with all that crates tell of them.

    Their ``data_products`` are all the names that they have, each with its namespace
    and its external object with the original store.
    """
    return _IN_CRATES.fetch(ids)


_COMPONENT = LightRows(ObjectComponent, "name")
_COMPONENTS = CompiledByIds(
    lambda ids: (
        ObjectComponent.objects.filter(IdIn("pk", ids))
        .order_by()
        .values_list(*_COMPONENT.paths)
    )
)
_ACCOUNTS = CompiledByIds(
    lambda accounts: (
        UserAuthor.objects.not_withdrawn()
        .filter(IdIn("user", accounts))
        .order_by()
        .values_list("user_id", *(f"author__{path}" for path in AUTHOR.paths))
    )
)


def crate_components(ids: Collection[int]) -> Iterable[Any]:
    """Fetch components with their names."""
    return map(_COMPONENT.row, _COMPONENTS.rows(ids) if ids else ())


def authors_of_accounts(accounts: Collection[int]) -> dict[int, Any]:
    """Return which author each account belongs to, where that is known."""
    rows = _ACCOUNTS.rows(accounts) if accounts else ()
    return {account: AUTHOR.row(values) for account, *values in rows}
