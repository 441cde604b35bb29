"""What the API shows of rows: their fields, and who can see them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from django.db import models

from registry.core.field_references import FieldReference, HasField, name_of

if TYPE_CHECKING:
    from django.db.models import QuerySet

M = TypeVar("M", bound=models.Model)


@dataclass(frozen=True, kw_only=True, eq=False)
class RowType(Generic[M]):
    """Rows that the API shows.

    ``description`` is what OPTIONS and the API documentation say, in Markdown.
    ``shown`` are the fields of a row, in their order.
    """

    model: type[M]
    description: str
    shown: tuple[FieldReference, ...] = ()
    #: The unique text that links can name a record by.
    natural_key: HasField | None = None
    #: Returns those of some rows that a viewer can see; without it, everybody sees all.
    #: Of a record type, those who see a record look after it, and nobody else does.
    visible_to: Callable[[QuerySet[M], Any], QuerySet[M]] | None = None

    @property
    def is_private(self) -> bool:
        """Whether some rows do not exist for some viewers."""
        return self.visible_to is not None

    def visible(self, rows: QuerySet[M], viewer: Any) -> QuerySet[M]:
        """Return those of some rows of the type that a viewer can see."""
        return rows if self.visible_to is None else self.visible_to(rows, viewer)

    def shows(self, pk: int, viewer: Any) -> bool:
        """Return whether a viewer can see a row, which is not looked up if all can."""
        if self.visible_to is None:
            return True
        rows = self.model._default_manager.order_by().filter(pk=pk)
        return self.visible_to(rows, viewer).exists()

    @cached_property
    def fields(self) -> dict[str, Any]:
        """The fields that a row is shown with, by name; lists of links too."""
        names = map(name_of, self.shown)
        return {name: self.model._meta.get_field(name) for name in names}
