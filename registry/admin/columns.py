"""Columns of lists that several pages share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import BooleanField
from django.utils.html import format_html
from django.utils.text import Truncator

from registry.admin.related import change_address

if TYPE_CHECKING:
    from django.db.models import Model
    from django.utils.safestring import SafeString

Column = Callable[[Any], str]

#: The text for a missing value.
MISSING = "-"
#: The last columns of every list: who changed the record last, and when.
CHANGE_COLUMNS = ("updated_by", "last_updated")


def flags_of(model: type[Model]) -> tuple[str, ...]:
    """Return the fields of a model that are true or false, to show and to filter by."""
    fields = model._meta.fields
    return tuple(one.name for one in fields if isinstance(one, BooleanField))


def link_column(name: str, title: str | None = None) -> Column:
    """Return a column with links to the targets of a field, made from their ids."""

    @admin.display(description=title or name.replace("_", " "), ordering=name)
    def column(record: Any) -> str:
        field = record._meta.get_field(name)
        pk = getattr(record, field.attname)
        return MISSING if pk is None else _link_html(field.related_model, pk)

    column.__name__ = name
    return column


def short_text_column(name: str, characters: int = 80) -> Column:
    """Return a column with the beginning of a long text."""

    @admin.display(description=name.replace("_", " "), ordering=name)
    def column(record: Any) -> str:
        text = getattr(record, name)
        return Truncator(text).chars(characters) if text else MISSING

    column.__name__ = name
    return column


def _link_html(model: type[Model], pk: int) -> SafeString:
    name = model._meta.verbose_name
    return format_html('<a href="{}">{} {}</a>', change_address(model, pk), name, pk)
