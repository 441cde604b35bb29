"""Everything that documents about a lineage say of its records, fetched at once.

The number of queries does not depend on how many nodes there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from registry.core.graph import Element, graph
from registry.core.lookups import TextIn, encode_texts
from registry.storage.models import StoredFile

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from django.db.models import QuerySet

    from registry.core.graph import NodeType
    from registry.core.graph.mapping import Location
    from registry.core.models import Record
    from registry.provenance.lineage import Lineage

R = TypeVar("R", bound="Record")


@dataclass(frozen=True)
class Records:
    """The records of a lineage by their ids, with what they link to.

    ``things`` and ``runs`` are those of the default types of entities and activities,
    ``others`` those of other registered types; each with what its document type fetches
    for crates, activities with ``registered_by``. ``components`` are the parts that
    edges name. ``people`` are those that accounts belong to, by the account's id;
    ``files`` are what the store holds, by SHA-1; ``private`` are the hashes of private
    files.
    """

    runs: dict[int, Any]
    things: dict[int, Any]
    components: dict[int, Any]
    others: dict[NodeType, dict[int, Any]]
    people: dict[int, Any]
    files: dict[str, StoredFile]
    private: frozenset[str]

    def file_of(self, thing: Any) -> StoredFile | None:
        """Return the file of an entity, where the store holds it."""
        location = _location_of(thing)
        return self.files.get(location.hash.lower()) if location else None


def records_of(lineage: Lineage) -> Records:
    """Fetch the records of a lineage.

    What was removed since the lineage was read is not among them.
    """
    run_type = graph.default_type(Element.ACTIVITY)
    thing_type = graph.default_type(Element.ENTITY)
    runs = _records_of(run_type, lineage.ids_of(run_type.model))
    things = _records_of(thing_type, lineage.ids_of(thing_type.model))
    others: dict[NodeType, dict[int, Any]] = {
        one: _records_of(one, ids)
        for one in graph.types
        if not one.is_default and (ids := lineage.ids_of(one.model))
    }
    done: list[Any] = [*runs.values()]
    done += [one for of_type in others.values() for one in of_type.values()]
    return Records(
        runs=runs,
        things=things,
        components=_components(thing_type, lineage.components),
        others=others,
        people=graph.people.of_accounts({one.registered_by_id for one in done}),
        files=_files(things.values()),
        private=_private_hashes(thing_type, things.values()),
    )


def _records_of(node_type: NodeType, ids: Collection[int]) -> dict[int, Any]:
    """Fetch records of a type, by their ids, with what crates tell of them."""
    document = node_type.document
    if document is not None and document.crate_rows is not None:
        return {one.pk: one for one in document.crate_rows(ids)}
    rows = node_type.model._default_manager.select_related("registered_by")
    return _by_id(rows, ids)


def _by_id(queryset: QuerySet[R], ids: Iterable[int]) -> dict[int, R]:
    """Fetch records in one query; ``in_bulk`` takes several on SQLite."""
    return {one.pk: one for one in queryset.filter(pk__in=list(ids)).order_by()}


def _components(node_type: NodeType, ids: Collection[int]) -> dict[int, Any]:
    """Fetch the parts of entities of a type, where it has any."""
    parts = node_type.parts
    return {} if parts is None else {one.pk: one for one in parts.rows(ids)}


def _location_of(thing: Any) -> Location | None:
    """Return where the file of a record is, as its map declares."""
    document = graph.document_of(thing)
    return None if document is None else document.location_of(thing)


def _files(things: Iterable[Any]) -> dict[str, StoredFile]:
    locations = map(_location_of, things)
    hashes = {one.hash.lower() for one in locations if one is not None}
    if not hashes:
        return {}
    files = StoredFile.objects.filter(TextIn("sha1", encode_texts(hashes)))
    return {file.sha1: file for file in files}


def _private_hashes(node_type: NodeType, things: Iterable[Any]) -> frozenset[str]:
    """Return the hashes of private files of entities of a type."""
    document = node_type.document
    if document is None or document.private_hashes is None:
        return frozenset()
    return document.private_hashes(things)
