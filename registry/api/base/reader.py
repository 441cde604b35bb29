"""Read records: from database rows to dictionaries, without model instances.

Links are formatted from ids, without a call to ``reverse`` for each row. Related ids
are selected in one further statement. So a page of any length takes three statements
(count, rows, lists), and a single record takes one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.db.models import F
from rest_framework.exceptions import ValidationError

from registry.api.base.shown_fields import (
    MAX_LISTED_LINKS,
    DerivedAddress,
    DerivedCondition,
    ModelField,
    ShownField,
    fields_in_version,
)
from registry.api.base.versions import NEWEST, OLDEST
from registry.core import models
from registry.core.compiled import CompiledQuery
from registry.core.documents import DocumentField
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

    from registry.core.row_types import RowType

Row = tuple[Any, ...]
Record = dict[str, Any]

#: An example id that is not another parameter of a statement; it fits every key column.
_EXAMPLE_ID = 2_020_202_020


@dataclass(frozen=True)
class Column:
    """A field of a record: the column to select, and how to format its values.

    ``address`` is the template of a link below the base address of the API; without it
    values are not changed. ``target`` is the type that the link leads to.
    """

    name: str
    source: str
    address: str | None = None
    target: type[Model] | None = None
    document: DocumentField | None = None

    def show(self, values: list[Any], base: str) -> list[Any]:
        """Return the formatted values of many records, with links below ``base``."""
        if self.document is not None:
            return _show_documents(self.document, values, base)
        if self.address is None:
            return values
        head, tail = (base + self.address).split("{id}")
        return [None if one is None else f"{head}{one}{tail}" for one in values]


def _show_documents(field: DocumentField, values: list[Any], base: str) -> list[Any]:
    show = field.shape.show
    return [show(one, lambda kind, pk: f"{base}{kind}/{pk}/") for one in values]


@dataclass(frozen=True)
class ListColumn:
    """A list of links of a record that are stored in another table."""

    name: str
    kind: str
    related: RelatedIds
    target: type[Model]
    shows_ids: bool = False

    def show(self, values: list[list[int]], base: str) -> list[Any]:
        """Return the links of many records below ``base``."""
        if self.shows_ids:
            return values
        head = f"{base}{self.kind}/"
        return [[f"{head}{pk}/" for pk in ids] for ids in values]


@dataclass(frozen=True)
class ReverseLinkColumn:
    """A link to the one record of another type that links to this one."""

    name: str
    kind: str
    related: RelatedId
    target: type[Model]
    shows_ids: bool = False

    def show(self, values: list[int | None], base: str) -> list[Any]:
        """Return the links of many records below ``base``."""
        if self.shows_ids:
            return values
        head = f"{base}{self.kind}/"
        return [None if pk is None else f"{head}{pk}/" for pk in values]


@dataclass(frozen=True)
class FlagColumn:
    """A boolean of a record that rows of another table decide."""

    name: str
    related: RelatedFlag

    def show(self, values: list[bool], base: str) -> list[bool]:
        """Return the values unchanged."""
        return values


ReaderColumn = Column | ListColumn | ReverseLinkColumn | FlagColumn


class RecordReader:
    """Reads the rows of one model as records of the API."""

    def __init__(self, model: type[Model], columns: Sequence[ReaderColumn]):
        self.model = model
        self.kind = kind_of(model)
        self.columns = tuple(columns)
        self.names = tuple(column.name for column in columns)
        self._own_columns = [c for c in columns if isinstance(c, Column)]
        self._related_columns = [c for c in columns if not isinstance(c, Column)]
        has_revision = any(field.name == "last_updated" for field in model._meta.fields)
        selected = ("pk", "last_updated" if has_revision else "pk")
        # a column of several fields is selected once
        self._selected = tuple(
            dict.fromkeys((*selected, *(c.source for c in self._own_columns)))
        )
        self._long_names = tuple(
            name for name in self._selected if is_long_text_column(model, name)
        )

    @classmethod
    def for_type(cls, row_type: RowType[Any], version: str = NEWEST) -> RecordReader:
        """Return the reader of a record type for a version of the API."""
        model = row_type.model
        shown = fields_in_version(row_type, version)
        return cls(model, [_reader_column(model, version, one) for one in shown])

    def with_fields(self, fields: str | None, omit: str | None) -> RecordReader:
        """Return a reader of the fields that ``?fields=`` and ``?omit=`` select.

        Raises ``ValidationError`` for unknown names.
        """
        if fields is None and omit is None:
            return self
        wanted = self._parse_names("fields", fields) if fields else self.names
        unwanted = self._parse_names("omit", omit) if omit else ()
        return RecordReader(
            self.model,
            [c for c in self.columns if c.name in wanted and c.name not in unwanted],
        )

    def rows(self, queryset: QuerySet[Any], extra: Sequence[str] = ()) -> Any:
        """Return the rows of a queryset: id, latest change, columns, ``extra`` columns.

        Long texts are cut; ``show`` fetches the rest of them.
        """
        columns = [
            TextPrefix(n) if n in self._long_names else n for n in self._selected
        ]
        return queryset.values_list(*columns, *extra)

    def rows_within_bytes(self, rows: Sequence[Row], most: int) -> int:
        """Return how many rows have long texts of at most ``most`` bytes together.

        The first row always counts.
        """
        sizes = self.long_text_bytes(rows)
        total = 0
        for number, row in enumerate(rows):
            total += sizes.get(row[0], 0)
            if number and total > most:
                return number
        return len(rows)

    def long_text_bytes(self, rows: Sequence[Row]) -> dict[int, int]:
        """Return how many bytes the long texts of rows have, by id."""
        found = self._select_long_texts(rows, ByteLength)
        return {
            pk: sum(size or 0 for size in sizes.values()) for pk, sizes in found.items()
        }

    def row(self, pk: int, stored: models.Record | None = None) -> Row | None:
        """Return the complete row with this id; None if there is none.

        If it is that of a record as it was just ``stored``, only what other tables say
        of it is read.
        """
        if stored is not None and not self._related_columns:
            return tuple(getattr(stored, name) for name in self._selected)
        rows = self._by_id.rows(pk)
        return rows[0] if rows else None

    def build_record(self, row: Row, base: str) -> Record:
        """Return the record of a row from ``row``, with links below ``base``."""
        related_values = self._related.read(row[len(self._selected) :])
        return self._build_records([row], {row[0]: related_values}, base)[0]

    def show(self, rows: Sequence[Row], base: str) -> list[Record]:
        """Return the records of rows from ``rows``, with links below ``base``."""
        related_values = self._related.fetch(row[0] for row in rows)
        return self._build_records(
            self._complete_long_texts(rows), related_values, base
        )

    def _complete_long_texts(self, rows: Sequence[Row]) -> Sequence[Row]:
        """Return the rows with their cut texts completed."""
        texts = self._select_long_texts(rows, F)
        if not texts:
            return rows
        return [
            tuple(
                texts.get(row[0], {}).get(name, cell)
                for name, cell in zip(self._selected, row, strict=False)
            )
            for row in rows
        ]

    def _select_long_texts(
        self, rows: Sequence[Row], what: Callable[[str], Any]
    ) -> dict[int, dict[str, Any]]:
        """Return an expression of the long texts of rows with a cut text, by id."""
        positions = [self._selected.index(name) for name in self._long_names]
        ids = [row[0] for row in rows if any(is_truncated(row[at]) for at in positions)]
        if not ids:
            return {}
        records = self.model._default_manager.order_by().filter(IdIn("pk", ids))
        found = records.values_list("pk", *(what(name) for name in self._long_names))
        return {
            pk: dict(zip(self._long_names, cells, strict=True)) for pk, *cells in found
        }

    def _build_records(
        self, rows: Sequence[Row], related_values: Mapping[int, Row], base: str
    ) -> list[Record]:
        at = {source: position for position, source in enumerate(self._selected)}
        # column by column takes less time than record by record
        shown: dict[str, list[Any]] = {}
        for column in self._own_columns:
            position = at[column.source]
            shown[column.name] = column.show([row[position] for row in rows], base)
        found = (
            [related_values[row[0]] for row in rows] if self._related_columns else []
        )
        for position, further in enumerate(self._related_columns):
            shown[further.name] = further.show([row[position] for row in found], base)
        return self._zip_columns([shown[name] for name in self.names], len(rows))

    def _zip_columns(self, columns: Sequence[list[Any]], number: int) -> list[Record]:
        """Return records from columns, with the fields in order."""
        if not columns:
            return [{} for _ in range(number)]
        names = self.names
        return [
            dict(zip(names, one, strict=True)) for one in zip(*columns, strict=True)
        ]

    def _parse_names(self, parameter: str, text: str) -> set[str]:
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
        return RelatedQuery([column.related for column in self._related_columns])


def _reader_column(model: type[Model], version: str, shown: ShownField) -> ReaderColumn:
    """Return the column that reads a field."""
    match shown:
        case DerivedAddress(name, template):
            return Column(name, "pk", template)
        case DerivedCondition(name, condition):
            return FlagColumn(name, condition.column)
    if isinstance(shown.field, DocumentField):
        return Column(shown.name, shown.name, document=shown.field)
    if not shown.field.is_relation:
        return Column(shown.name, shown.name)
    return _relation_column(version, shown)


def _relation_column(
    version: str, shown: ModelField
) -> Column | ListColumn | ReverseLinkColumn:
    relation = shown.field
    target = relation.related_model
    kind = kind_of(target)
    if relation.concrete and not relation.many_to_many:
        return Column(shown.name, relation.attname, f"{kind}/{{id}}/", target)
    columns = _relation_columns(relation)
    # what links to the record says something of it, which no longer holds
    present = not relation.many_to_many and issubclass(target, models.Record)
    if relation.one_to_one:
        related_id = RelatedId(*columns, present=present)
        return ReverseLinkColumn(shown.name, kind, related_id, target)
    linked = shown.linked
    # the oldest version has complete lists, except those that grow without limit
    if linked is None or (version == OLDEST and not linked.grows):
        all_ids = RelatedIds(*columns, present=present)
        return ListColumn(shown.name, kind, all_ids, target)
    related = RelatedIds(
        *columns,
        most=MAX_LISTED_LINKS,
        newest_first=linked.grows,
        present=present,
    )
    return ListColumn(shown.name, kind, related, target)


def _relation_columns(relation: Any) -> tuple[str, str, str]:
    """Return the table of a relation, its column for this record and the other one."""
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
