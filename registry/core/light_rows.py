"""Records as light rows: the columns that a reader needs, with what they link to.

Documents read hundreds of records and change none. A model object for each, with a
manager for each of its lists, takes longer than everything else that is done for a
document. A light row has the same attributes: ``pk``, ``kind``, fields, linked rows,
and lists with ``all()``.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.db.models import Model


class RowList(list[Any]):
    """Linked rows, read as the manager of a list of a record is."""

    __slots__ = ()

    def all(self) -> RowList:
        """Return all rows."""
        return self


class LightRows:
    """The columns of a model that a reader needs, and of the records it links to.

    ``links`` are by the name of a link to one record; a row has None where there is
    none. ``lists`` are the names of lists, which the caller gathers.
    """

    def __init__(
        self,
        model: type[Model],
        *columns: str,
        lists: Sequence[str] = (),
        **links: LightRows,
    ) -> None:
        self._links = links
        self._size = 1 + len(columns)
        #: The columns for ``values_list``.
        self.paths = ["pk", *columns]
        for name, linked in links.items():
            self.paths += [f"{name}__{path}" for path in linked.paths]
        names = ("pk", *columns, *links, *lists)
        make_class: Any = namedtuple
        members = {"__slots__": (), "kind": getattr(model, "kind", ""), "model": model}
        bases = (make_class(model.__name__, names),)
        row_class: Any = type(model.__name__, bases, members)
        self._make = row_class._make

    def row(self, values: Sequence[Any], *lists: RowList) -> Any:
        """Return the row of the values of ``paths``, and its lists."""
        return self._take(values, 0, lists)

    def _take(self, values: Sequence[Any], start: int, lists: Iterable[RowList]) -> Any:
        if values[start] is None:
            return None
        at = start + self._size
        row = [*values[start:at]]
        for one in self._links.values():
            row.append(one._take(values, at, ()))
            at += len(one.paths)
        return self._make([*row, *lists])

    def by_owner(self, rows: Iterable[Sequence[Any]]) -> dict[Any, RowList]:
        """Return rows, each after the id of the record in whose list it is."""
        found: dict[Any, RowList] = {}
        for owner, *values in rows:
            found.setdefault(owner, RowList()).append(self.row(values))
        return found
