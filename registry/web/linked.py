"""The records that a record links to, or that link to it, for its page."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import compress
from typing import TYPE_CHECKING, Any

from django.db.models import OuterRef, Subquery
from django.urls import reverse

from registry.core.compiled import CompiledQuery, CompiledRecords
from registry.core.models import Record
from registry.http.filters import filters_of

if TYPE_CHECKING:
    from django.db.models import QuerySet

#: The number of linked records on a page; a link leads to the list of all.
MAX_SHOWN = 20
#: So many links are worth a statement of their own.
SEVERAL = 4


@dataclass(frozen=True, eq=False)
class Link:
    """A list of linked records, or a one-to-one link.

    ``back`` is the filter of the list of ``model`` for one record, and ``lookup`` is
    how a query calls the way back. What is said of a record is left out if it is
    withdrawn, unless ``keeps_withdrawn``.
    """

    name: str
    model: type[Record]
    back: str
    lookup: str
    keeps_withdrawn: bool
    #: The relation, if it is one-to-one.
    relation: Any = None

    def rows(self) -> QuerySet[Any]:
        """Select the linked records of all records, the newest first."""
        rows = self.model._default_manager.order_by("-pk")
        return rows if self.keeps_withdrawn else rows.filter(withdrawn__isnull=True)

    @cached_property
    def _newest(self) -> CompiledRecords:
        return CompiledRecords(
            lambda pk: self.rows().filter(**{self.lookup: pk})[: MAX_SHOWN + 1],
            -1,
            is_prepared=False,
        )

    def newest(self, record: Record) -> list[Any]:
        """Return the newest linked records, one more than are shown."""
        if self.relation is not None and self.relation.is_cached(record):
            other = self.relation.get_cached_value(record)
            return [] if other is None or other.withdrawn is not None else [other]
        return self._newest.records(record.pk)

    def address_of_all(self, record: Record) -> str:
        """Return the address of the list of all linked records.

        If the list has no filter for this record, it is the record in the API, which
        has the whole list.
        """
        if self.back in filters_of(self.model).filters:
            return f"{reverse(f'web:{self.model.kind}-list')}?{self.back}={record.pk}"
        return reverse(f"{record.kind}-detail", args=[record.pk])


def linked_records(
    record: Record, without: Collection[str] = ()
) -> Iterator[tuple[Link, list[Any]]]:
    """Yield the links of a record that lead to any other, with the newest of these.

    Of several links, one statement finds out which do: most of an object's do not.
    Those ``without`` are left out.
    """
    links = _links_of(type(record))
    if len(links) >= SEVERAL:
        [present] = _presence_of(type(record)).rows(record.pk) or [()]
        links = tuple(compress(links, present))
    for link in links:
        newest = [] if link.name in without else link.newest(record)
        if newest:
            yield link, newest


def other_end(record: Record, relation: Any) -> Any:
    """Return the record at the other end of a one-to-one link, or None."""
    other = relation.related_model._default_manager
    return other.filter(**{relation.field.name: record.pk}).first()


@cache
def _links_of(model: type[Record]) -> tuple[Link, ...]:
    return tuple(_links(model))


def _links(model: type[Record]) -> Iterator[Link]:
    for field in model._meta.many_to_many:
        back = str(field.remote_field.related_name)
        other: Any = field.related_model
        yield Link(field.name, other, back, field.related_query_name(), True)
    for relation in model._meta.related_objects:
        other = relation.related_model
        if isinstance(other, type) and issubclass(other, Record):
            back = relation.field.name
            yield Link(
                str(relation.get_accessor_name()),
                other,
                back,
                back,
                bool(relation.many_to_many),
                relation if relation.one_to_one else None,
            )


@cache
def _presence_of(model: type[Record]) -> CompiledQuery:
    """Return the query for the id of one record of each link, None if there is none."""
    first = {f"one_{at}": _first_of(link) for at, link in enumerate(_links_of(model))}
    rows = model._default_manager.order_by().annotate(**first)
    return CompiledQuery(lambda pk: rows.filter(pk=pk).values_list(*first), -1)


def _first_of(link: Link) -> Subquery:
    """Return one record of a link, in the order of an index.

    Not whether there are any: if a few records have very many of these links,
    PostgreSQL expects to find one soon wherever it begins, and reads all of the table
    for the others. The reason for a range of one value is in ``registry.core.related``.
    """
    this = OuterRef("pk")
    wanted = {f"{link.lookup}__gte": this, f"{link.lookup}__lte": this}
    rows = link.rows().filter(**wanted).order_by(f"{link.lookup}__pk", "pk")
    return Subquery(rows.values("pk")[:1])
