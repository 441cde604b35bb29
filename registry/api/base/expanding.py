"""Linked records in place of their addresses: ``?expand=``, one level deep.

All linked records of a type are read together. So an expanded answer takes two
statements for each type that its links lead to, however many records it has.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.db.models import Model
from rest_framework.exceptions import ValidationError

from registry.api.base.reader import (
    Column,
    ListColumn,
    ReaderColumn,
    Record,
    RecordReader,
    ReverseLinkColumn,
    Row,
)
from registry.core.links import kind_of
from registry.core.lookups import IdIn
from registry.http.pagination import PAGE_BYTES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rest_framework.request import Request

#: The largest number of linked records in an answer.
MAX_EXPANDED = 10_000

#: Returns the reader of linked records of a type.
ReaderOf = Callable[[type[Model]], RecordReader]
LinkColumn = Column | ListColumn | ReverseLinkColumn

#: What the viewer of a type's rows may see; other rows are the same for everybody.
_FOR_VIEWERS: dict[type[Model], Callable[[RecordReader, Request], RecordReader]] = {}


def restrict_expanded(
    model: type[Model], for_viewer: Callable[[RecordReader, Request], RecordReader]
) -> None:
    """Let ``for_viewer`` decide how rows of this type are shown to a viewer."""
    _FOR_VIEWERS[model] = for_viewer


def as_viewer_sees(reader: RecordReader, request: Request) -> RecordReader:
    """Return the reader of linked rows, as the user of the request may see them."""
    for_viewer = _FOR_VIEWERS.get(reader.model)
    return reader if for_viewer is None else for_viewer(reader, request)


def expandable_names(reader: RecordReader) -> list[str]:
    """Return the names of the links that can be expanded, in order."""
    return [column.name for column in reader.columns if _is_expandable(column)]


def _is_expandable(column: ReaderColumn) -> bool:
    """Return whether a column has links, and not without a bound."""
    return getattr(column, "target", None) is not None and not _grows(column)


def _grows(column: ReaderColumn) -> bool:
    return isinstance(column, ListColumn) and column.related.newest_first


class ExpandedReader(RecordReader):
    """Reads records with the linked records in the fields of these names.

    Raises ``ValidationError`` for other names, and when there are too many records.
    ``full`` reads all fields, also those that the request leaves out.
    """

    def __init__(
        self,
        reader: RecordReader,
        names: Iterable[str],
        full: RecordReader,
        reader_of: ReaderOf,
    ) -> None:
        chosen = dict.fromkeys(names)
        _check_names(reader, chosen, full)
        links: list[Any] = [c for c in reader.columns if c.name in chosen]
        self._links: list[LinkColumn] = links
        self._reader_of = reader_of
        as_ids = {link.name: _as_ids(link) for link in links}
        super().__init__(reader.model, [as_ids.get(c.name, c) for c in reader.columns])

    def _build_records(
        self, rows: Sequence[Row], related_values: Mapping[int, Row], base: str
    ) -> list[Record]:
        records = super()._build_records(rows, related_values, base)
        found = self._read_linked(records, base)
        for link in self._links:
            name, linked = link.name, found[_target(link)]
            for record in records:
                record[name] = _expanded(record[name], linked, link, base)
        return records

    def _read_linked(
        self, records: Sequence[Record], base: str
    ) -> dict[type[Model], dict[int, Record]]:
        """Return the linked records by type and id."""
        wanted: dict[type[Model], Counter[int]] = {}
        for link in self._links:
            ids = wanted.setdefault(_target(link), Counter())
            for record in records:
                ids.update(_ids(record[link.name]))
        if sum(ids.total() for ids in wanted.values()) > MAX_EXPANDED:
            raise _too_much(f"more than {MAX_EXPANDED} linked records")
        return {model: self._read(model, ids, base) for model, ids in wanted.items()}

    def _read(
        self, model: type[Model], ids: Counter[int], base: str
    ) -> dict[int, Record]:
        reader = self._reader_of(model)
        if not ids:
            return {}
        queryset = model._default_manager.order_by().filter(IdIn("pk", ids))
        rows = list(reader.rows(queryset))
        # a record that many link to is repeated in the answer
        sizes = reader.long_text_bytes(rows)
        if sum(size * ids[pk] for pk, size in sizes.items()) > PAGE_BYTES:
            raise _too_much(f"linked records with more than {PAGE_BYTES} bytes")
        shown = reader.show(rows, base)
        return {row[0]: one for row, one in zip(rows, shown, strict=True)}


def _check_names(
    reader: RecordReader, names: Iterable[str], full: RecordReader
) -> None:
    """Raise the errors of names that cannot be expanded."""
    allowed = expandable_names(reader)
    wrong = [name for name in names if name not in allowed]
    if wrong:
        raise ValidationError(
            {"expand": [_reason(reader, n, allowed, full) for n in wrong]}
        )


def _reason(
    reader: RecordReader, name: str, allowed: Sequence[str], full: RecordReader
) -> str:
    """Return why a name cannot be expanded."""
    shown = name[:100] or "an empty name"
    if name in full.names and name not in reader.names:
        return f"{shown}: is not among the fields that fields= and omit= leave."
    first = name.replace("__", ".").partition(".")[0]
    if first != name and first in allowed:
        return f"{shown}: only one level can be expanded, such as {first}."
    growing = [one.name for one in reader.columns if _grows(one)]
    if first in growing:
        return (
            f"{shown}: this list grows without a bound. Read its records page by page "
            "from their own list."
        )
    if not allowed:
        return f"{shown}: there is no link that can be expanded."
    return f"{shown}: choose from {', '.join(allowed)}."


def _too_much(what: str) -> ValidationError:
    message = f"The answer would have {what}: give a smaller page_size or fewer names."
    return ValidationError({"expand": [message]})


def _target(link: Any) -> type[Model]:
    target: type[Model] = link.target
    return target


def _as_ids(link: LinkColumn) -> ReaderColumn:
    """Return the column that shows the ids of links."""
    if isinstance(link, Column):
        return replace(link, address=None)
    return replace(link, shows_ids=True)


def _ids(value: int | list[int] | None) -> Iterable[int]:
    if value is None:
        return ()
    return value if isinstance(value, list) else (value,)


def _expanded(value: Any, linked: Mapping[int, Record], link: Any, base: str) -> Any:
    """Return the records for ids; the address of one that was deleted meanwhile."""
    if isinstance(value, list):
        return [_expanded(one, linked, link, base) for one in value]
    if value is None:
        return None
    return linked.get(value) or f"{base}{kind_of(link.target)}/{value}/"
