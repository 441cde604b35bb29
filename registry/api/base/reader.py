"""Reading records: rows of the database to dictionaries, without objects between.

Links are formatted from ids, never reversed a row; related ids come in one further
statement. So a page takes three statements however long it is: count, rows, lists; and
one record takes one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.db.models import F
from rest_framework.exceptions import ValidationError

from registry.api.base.shown import (
    CAP,
    DerivedAddress,
    DerivedCondition,
    ModelField,
    Shown,
    shown_in,
)
from registry.api.base.versions import NEWEST, OLDEST
from registry.core.compiled import CompiledQuery
from registry.core.links import kind_of
from registry.core.lookups import IdIn
from registry.core.related import (
    RelatedFlag,
    RelatedId,
    RelatedIds,
    RelatedQuery,
)
from registry.core.text_prefixes import (
    ByteLength,
    TextPrefix,
    is_long_text_column,
    is_truncated,
)

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet

    from registry.core.record_types import RowType

Row = tuple[Any, ...]
Record = dict[str, Any]

#: An id that no statement has for another reason; it fits the smallest key column.
_EXAMPLE_ID = 2_020_202_020


@dataclass(frozen=True)
class Column:
    """One value of a record: what to select, and how to show it.

    ``address`` is a template below the API's base for values that are shown as links;
    without it the value is shown as it is.
    """

    name: str
    source: str
    address: str | None = None

    def show(self, values: list[Any], base: str) -> list[Any]:
        """Show the values of many records for this host."""
        if self.address is None:
            return values
        head, tail = (base + self.address).split("{id}")
        return [None if one is None else f"{head}{one}{tail}" for one in values]


@dataclass(frozen=True)
class ListColumn:
    """Links of a record that are found in other tables."""

    name: str
    kind: str
    related: RelatedIds

    def show(self, values: list[list[int]], base: str) -> list[list[str]]:
        """Show the ids of many records for this host."""
        head = f"{base}{self.kind}/"
        return [[f"{head}{pk}/" for pk in ids] for ids in values]


@dataclass(frozen=True)
class OtherColumn:
    """A link to the one record of another table that links to this one."""

    name: str
    kind: str
    related: RelatedId

    def show(self, values: list[int | None], base: str) -> list[str | None]:
        """Show the ids of many records for this host."""
        head = f"{base}{self.kind}/"
        return [None if pk is None else f"{head}{pk}/" for pk in values]


@dataclass(frozen=True)
class FlagColumn:
    """Whether something holds for a record, as rows of another table say."""

    name: str
    related: RelatedFlag

    def show(self, values: list[bool], base: str) -> list[bool]:
        """Leave them as they are."""
        return values


AnyColumn = Column | ListColumn | OtherColumn | FlagColumn


class RecordReader:
    """Reads the rows of one model as the records that the API shows."""

    def __init__(self, model: type[Model], columns: Sequence[AnyColumn]):
        self.model = model
        self.kind = kind_of(model)
        self.columns = tuple(columns)
        self.names = tuple(column.name for column in columns)
        self._plain = [c for c in columns if isinstance(c, Column)]
        self._beside = [c for c in columns if not isinstance(c, Column)]
        has_revision = any(field.name == "last_updated" for field in model._meta.fields)
        selected = ("pk", "last_updated" if has_revision else "pk")
        # a column that is shown in several ways is selected once
        self._selected = tuple(
            dict.fromkeys((*selected, *(c.source for c in self._plain)))
        )
        self._long = tuple(
            name for name in self._selected if is_long_text_column(model, name)
        )

    @classmethod
    def of(cls, row_type: RowType[Any], version: str = NEWEST) -> RecordReader:
        """Return the reader of a type's records as a version of the API has them."""
        model = row_type.model
        shown = shown_in(row_type, version)
        return cls(model, [_column(model, version, one) for one in shown])

    def choose(self, fields: str | None, omit: str | None) -> RecordReader:
        """Return a reader for ``?fields=`` and ``?omit=``; refuse unknown names."""
        if fields is None and omit is None:
            return self
        wanted = self._named("fields", fields) if fields else self.names
        unwanted = self._named("omit", omit) if omit else ()
        return RecordReader(
            self.model,
            [c for c in self.columns if c.name in wanted and c.name not in unwanted],
        )

    def rows(self, queryset: QuerySet[Any], extra: Sequence[str] = ()) -> Any:
        """Select the id, the latest change, our columns, then ``extra`` ones.

        Of long texts the beginnings are selected; ``show`` fetches the rest.
        """
        columns = [TextPrefix(n) if n in self._long else n for n in self._selected]
        return queryset.values_list(*columns, *extra)

    def fitting(self, rows: Sequence[Row], most: int) -> int:
        """Return how many rows come before the long texts have more bytes than this.

        The first always fits.
        """
        sizes = self._long_texts(rows, ByteLength)
        total = 0
        for number, row in enumerate(rows):
            total += sum(size or 0 for size in sizes.get(row[0], {}).values())
            if number and total > most:
                return number
        return len(rows)

    def row(self, pk: int) -> Row | None:
        """Select one record by its id, with all of it; None where there is none."""
        rows = self._by_id.rows(pk)
        return rows[0] if rows else None

    def show_one(self, row: Row, base: str) -> Record:
        """Turn what ``row`` selected into a record with links below ``base``."""
        beside = self._related.read(row[len(self._selected) :])
        return self._shown([row], {row[0]: beside}, base)[0]

    def show(self, rows: Sequence[Row], base: str) -> list[Record]:
        """Turn selected rows into records with links below ``base``."""
        beside = self._related.fetch(row[0] for row in rows)
        return self._shown(self._with_long_texts(rows), beside, base)

    def _with_long_texts(self, rows: Sequence[Row]) -> Sequence[Row]:
        """Fetch the texts of which there are only the beginnings."""
        texts = self._long_texts(rows, F)
        if not texts:
            return rows
        return [
            tuple(
                texts.get(row[0], {}).get(name, cell)
                for name, cell in zip(self._selected, row, strict=False)
            )
            for row in rows
        ]

    def _long_texts(
        self, rows: Sequence[Row], what: Callable[[str], Any]
    ) -> dict[int, dict[str, Any]]:
        """Select something of the texts of those rows that have a cut one, by id."""
        positions = [self._selected.index(name) for name in self._long]
        ids = [row[0] for row in rows if any(is_truncated(row[at]) for at in positions)]
        if not ids:
            return {}
        records = self.model._default_manager.order_by().filter(IdIn("pk", ids))
        found = records.values_list("pk", *(what(name) for name in self._long))
        return {pk: dict(zip(self._long, cells, strict=True)) for pk, *cells in found}

    def _shown(
        self, rows: Sequence[Row], beside: Mapping[int, Row], base: str
    ) -> list[Record]:
        at = {source: position for position, source in enumerate(self._selected)}
        # one column after another, which takes less time than record by record
        shown: dict[str, list[Any]] = {}
        for column in self._plain:
            position = at[column.source]
            shown[column.name] = column.show([row[position] for row in rows], base)
        found = [beside[row[0]] for row in rows] if self._beside else []
        for position, further in enumerate(self._beside):
            shown[further.name] = further.show([row[position] for row in found], base)
        return self._records([shown[name] for name in self.names], len(rows))

    def _records(self, columns: Sequence[list[Any]], number: int) -> list[Record]:
        """Make records of columns, with the names in their order."""
        if not columns:
            return [{} for _ in range(number)]
        names = self.names
        return [
            dict(zip(names, one, strict=True)) for one in zip(*columns, strict=True)
        ]

    def _named(self, parameter: str, text: str) -> set[str]:
        names = set(text.split(","))
        unknown = sorted(names.difference(self.names))
        if unknown:
            raise ValidationError(
                {
                    parameter: [
                        f"{', '.join(unknown)[:200] or 'an empty name'}: choose from "
                        f"{', '.join(self.names)}."
                    ]
                }
            )
        return names

    @cached_property
    def _by_id(self) -> CompiledQuery:
        records = self.model._default_manager.order_by()
        width = len(self._selected)
        return CompiledQuery(
            lambda pk: records.filter(pk=pk).values_list(*self._selected),
            example=_EXAMPLE_ID,
            add_columns=lambda statement: self._related.with_related_columns(
                statement, width
            ),
        )

    @cached_property
    def _related(self) -> RelatedQuery:
        return RelatedQuery([column.related for column in self._beside])


def _column(model: type[Model], version: str, shown: Shown) -> AnyColumn:
    """Return how a field is read."""
    match shown:
        case DerivedAddress(name, template):
            return Column(name, "pk", template)
        case DerivedCondition(name, condition):
            return FlagColumn(name, condition.column)
    if not shown.field.is_relation:
        return Column(shown.name, shown.name)
    return _link_column(version, shown)


def _link_column(version: str, shown: ModelField) -> Column | ListColumn | OtherColumn:
    relation = shown.field
    kind = kind_of(relation.related_model)
    if relation.concrete and not relation.many_to_many:
        return Column(shown.name, relation.attname, f"{kind}/{{id}}/")
    columns = _related_columns(relation)
    if relation.one_to_one:
        return OtherColumn(shown.name, kind, RelatedId(*columns))
    linked = shown.linked
    # the oldest version has those that do not grow for ever whole
    if linked is None or (version == OLDEST and not linked.grows):
        return ListColumn(shown.name, kind, RelatedIds(*columns))
    related = RelatedIds(*columns, most=CAP, newest_first=linked.grows)
    return ListColumn(shown.name, kind, related)


def _related_columns(relation: Any) -> tuple[str, str, str]:
    """Name the table of a relation, its column for this record and for the others."""
    if not relation.many_to_many:
        return relation.related_model._meta.db_table, relation.field.column, "id"
    if relation.concrete:
        return (
            relation.m2m_db_table(),
            relation.m2m_column_name(),
            relation.m2m_reverse_name(),
        )
    field = relation.field
    return field.m2m_db_table(), field.m2m_reverse_name(), field.m2m_column_name()
