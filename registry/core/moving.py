"""Move what links to some records so that it links to another one.

A hundred thousand records may link to an author. So each kind of link takes a constant
number of statements, with the ids of the linking records as one parameter.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Exists, OuterRef, Q
from django.utils import timezone

from registry.core.duplicates import unique_sets
from registry.core.errors import Conflict
from registry.core.events import record_events
from registry.core.limits import target_errors
from registry.core.list_events import ListTable, Move, record_moved_links
from registry.core.lookups import IdIn
from registry.core.models import Record
from registry.core.record_types import content_of, is_private
from registry.core.verbs import UPDATED

if TYPE_CHECKING:
    from django.db.models import Model


#: At most so many rows are named in a message.
_MAX_NAMED = 5
#: So many digests are stored by one statement.
_BATCH = 500


@dataclass(frozen=True)
class ForeignLink:
    """A foreign key of ``model`` that leads to the records."""

    model: type[Model]
    name: str

    @property
    def titles(self) -> str:
        """What the linking records are called."""
        return str(self.model._meta.verbose_name_plural)

    def counts(self, ids: Collection[int]) -> dict[int, int]:
        """Return how many records link to each of these."""
        return _count(self._rows(ids), self.name)

    def clashes(self, ids: Collection[int]) -> list[str]:
        """Say which of the linking records would be the same if these were one.

        Those of private types are not named.
        """
        if is_private(self.model):
            return [
                f"{self.titles} would have the same {_and([self.name, *rest])}"
                for rest in self._other_fields()
                if any(self._same(ids, rest))
            ]
        return [
            *(
                f"{self.titles} {_and(pks)} would have the same "
                f"{_and([self.name, *rest])}"
                for rest in self._other_fields()
                for pks in self._same(ids, rest)
            ),
            *(
                f"{self.titles} {_and(pks)} would have the same content"
                for pks in self._same_content(ids)
            ),
        ]

    def move(self, move: Move) -> None:
        """Move the links; raise ``Conflict`` if records would become the same."""
        clashes = self.clashes([move.keep, *move.others])
        if clashes:
            raise Conflict(f"{'; '.join(clashes)}. Change or delete one of them first.")
        rows = self._lock(move.others)
        if not rows:
            return
        values: dict[str, Any] = {self.name: move.keep}
        if issubclass(self.model, Record):
            values |= _touched(move)
            self._record(rows, move)
        linking = self.model._default_manager.filter(IdIn("pk", rows))
        linking.update(**values)
        self._store_digests(rows)
        _require_room(self.model, self.name, move.keep)

    def _rows(self, ids: Collection[int]) -> Any:
        return self.model._default_manager.filter(IdIn(f"{self.name}_id", ids))

    def _lock(self, ids: Collection[int]) -> dict[int, int]:
        """Lock the linking records; return which record each of them links to."""
        rows = self._rows(ids).order_by("pk").select_for_update(no_key=True)
        return dict(rows.values_list("pk", f"{self.name}_id"))

    def _record(self, rows: Mapping[int, int], move: Move) -> None:
        linking = defaultdict(list)
        for pk, target in rows.items():
            linking[target].append(pk)
        kind: Any = getattr(self.model, "kind", "")
        for target, pks in linking.items():
            changes = {self.name: (target, move.keep)}
            record_events(kind, pks, UPDATED, by=move.by, changes=changes)

    def _other_fields(self) -> Iterator[tuple[str, ...]]:
        """Yield what is unique together with the link, for each such set of fields."""
        for names, _ in unique_sets(self.model):
            if self.name in names:
                yield tuple(name for name in names if name != self.name)

    def _same(self, ids: Collection[int], rest: tuple[str, ...]) -> Iterator[list[int]]:
        """Yield ids of rows that have the same values in all other unique fields."""
        rows = self._rows(ids).order_by()
        groups: list[dict[str, Any]] = [{}]
        if rest:
            known = rows.filter(**{f"{name}__isnull": False for name in rest})
            together = known.values(*rest).annotate(number=Count("pk"))
            groups = list(together.filter(number__gt=1).values(*rest)[:_MAX_NAMED])
        for values in groups:
            found = rows.filter(**values).order_by("pk").values_list("pk", flat=True)
            pks = list(found[:_MAX_NAMED])
            if len(pks) > 1:
                yield pks

    def _same_content(self, ids: Collection[int]) -> list[list[int]]:
        """Return ids of rows that would have the same digest if these were one."""
        content = content_of(self.model)
        if content is None:
            return []
        one = min(ids)
        same: dict[str, list[int]] = defaultdict(list)
        for row in self._rows(ids).order_by("pk").iterator():
            setattr(row, f"{self.name}_id", one)
            same[content.digest(row)].append(row.pk)
        groups = (pks[:_MAX_NAMED] for pks in same.values() if len(pks) > 1)
        return list(islice(groups, _MAX_NAMED))

    def _store_digests(self, ids: Collection[int]) -> None:
        """Store what the content of rows is now, in one statement for each batch."""
        content = content_of(self.model)
        if content is None:
            return
        rows: Any = self.model._default_manager
        changed = list(rows.filter(IdIn("pk", ids)).order_by("pk"))
        for row in changed:
            setattr(row, content.name, content.digest(row))
        rows.bulk_update(changed, [content.name], batch_size=_BATCH)


@dataclass(frozen=True)
class ListLink:
    """A list of links of ``model`` that has the records; its table is ``through``."""

    model: type[Record]
    name: str
    through: type[Model]
    source: str
    target: str

    @property
    def titles(self) -> str:
        """What the linking records are called."""
        return str(self.model._meta.verbose_name_plural)

    def counts(self, ids: Collection[int]) -> dict[int, int]:
        """Return how many records have each of these in their list."""
        return _count(self._links(ids), self.target)

    def clashes(self, ids: Collection[int]) -> list[str]:
        """Return nothing: a list that has two of the records gets one link of them."""
        return []

    def move(self, move: Move) -> None:
        """Move the links; of two in the same list, one stays."""
        rows = self._lock(move.others)
        if not rows:
            return
        table = ListTable(
            self.through._meta.db_table, f"{self.source}_id", f"{self.target}_id"
        )
        record_moved_links(self.model.kind, rows, self.name, table, move)
        links = self._links(move.others)
        links.filter(Exists(self._earlier(move))).delete()
        self._links(move.others).update(**{f"{self.target}_id": move.keep})
        changed = self.model._default_manager.filter(IdIn("pk", rows))
        changed.update(**_touched(move))
        _require_room(self.model, self.name, move.keep)

    def _links(self, ids: Collection[int]) -> Any:
        links = self.through._default_manager.order_by()
        return links.filter(IdIn(f"{self.target}_id", ids))

    def _lock(self, ids: Collection[int]) -> list[int]:
        """Lock the records that have these in their lists; return their ids."""
        having = self._links(ids).values(f"{self.source}_id")
        rows = self.model._default_manager.filter(pk__in=having).order_by("pk")
        locked = rows.select_for_update(no_key=True)
        return list(locked.values_list("pk", flat=True))

    def _earlier(self, move: Move) -> Any:
        """Return the links of the same list beside which a link is superfluous."""
        links = self.through._default_manager.order_by()
        same = links.filter(**{f"{self.source}_id": OuterRef(f"{self.source}_id")})
        kept = Q(**{f"{self.target}_id": move.keep})
        other = Q(IdIn(f"{self.target}_id", move.others), pk__lt=OuterRef("pk"))
        return same.filter(kept | other)


Link = ForeignLink | ListLink


def links_to(model: type[Record]) -> Iterator[Link]:
    """Yield the links of all tables that lead to records of a model."""
    for relation in model._meta.get_fields(include_hidden=True):
        if relation.concrete or not (relation.one_to_many or relation.one_to_one):
            continue
        field: Any = relation.field  # type: ignore[union-attr]
        owner: Any = field.model._meta.auto_created
        if not owner:
            yield ForeignLink(field.model, field.name)
            continue
        [listed] = [
            one
            for one in owner._meta.many_to_many
            if one.remote_field.through is field.model
        ]
        # at the other end are the records' own lists, which go with them
        if field.name == listed.m2m_reverse_field_name():
            source = listed.m2m_field_name()
            yield ListLink(owner, listed.name, field.model, source, field.name)


def _touched(move: Move) -> dict[str, Any]:
    """Return what changes in every changed record."""
    return {"last_updated": timezone.now(), "updated_by": move.by}


def _require_room(model: type[Model], name: str, keep: int) -> None:
    """Raise the error of the limit if too many records link to the kept one now."""
    if not issubclass(model, Record):
        return
    field: Any = model._meta.get_field(name)
    limits = [
        one
        for one in model.limits
        if one.field == name and (one.both_ways or not field.many_to_many)
    ]
    for error in target_errors(model, limits, {name: {keep: [0]}}).values():
        raise error


def _count(rows: Any, name: str) -> dict[int, int]:
    counted = rows.order_by().values_list(f"{name}_id").annotate(Count("pk"))
    return dict(counted)


def _and(names: Sequence[Any]) -> str:
    return " and ".join(map(str, names))
