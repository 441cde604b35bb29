"""The columns of a reader: what to select for a field, and how to show its values."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from registry.core.links import kind_of
from registry.core.related import RelatedFlag, RelatedId, RelatedIds

if TYPE_CHECKING:
    from django.db.models import Model


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

    def show(self, values: list[Any], base: str) -> list[Any]:
        """Return the formatted values of many records, with links below ``base``."""
        if self.address is None:
            return values
        head, tail = (base + self.address).split("{id}")
        return [None if one is None else f"{head}{one}{tail}" for one in values]

    def as_ids(self) -> Column:
        """Return the column that shows the ids of a link."""
        return replace(self, address=None)


@dataclass(frozen=True)
class ListColumn:
    """A list of links of a record that are stored in another table."""

    name: str
    target: type[Model]
    related: RelatedIds
    shows_ids: bool = False

    def show(self, values: list[list[int]], base: str) -> list[Any]:
        """Return the links of many records below ``base``."""
        if self.shows_ids:
            return values
        head = f"{base}{kind_of(self.target)}/"
        return [[f"{head}{pk}/" for pk in ids] for ids in values]

    def as_ids(self) -> ListColumn:
        """Return the column that shows the ids of the links."""
        return replace(self, shows_ids=True)


@dataclass(frozen=True)
class ReverseLinkColumn:
    """A link to the one record of another type that links to this one."""

    name: str
    target: type[Model]
    related: RelatedId
    shows_ids: bool = False

    def show(self, values: list[int | None], base: str) -> list[Any]:
        """Return the links of many records below ``base``."""
        if self.shows_ids:
            return values
        head = f"{base}{kind_of(self.target)}/"
        return [None if pk is None else f"{head}{pk}/" for pk in values]

    def as_ids(self) -> ReverseLinkColumn:
        """Return the column that shows the id of the link."""
        return replace(self, shows_ids=True)


@dataclass(frozen=True)
class FlagColumn:
    """A boolean of a record that rows of another table decide."""

    name: str
    related: RelatedFlag

    def show(self, values: list[bool], base: str) -> list[bool]:
        """Return the values unchanged."""
        return values


ReaderColumn = Column | ListColumn | ReverseLinkColumn | FlagColumn
