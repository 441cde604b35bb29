"""Links from a record to its API address and to the records that refer to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib.admin.utils import flatten_fieldsets
from django.contrib.auth.models import Group
from django.urls import get_script_prefix, reverse
from django.utils.text import capfirst

from registry.core.links import kind_of
from registry.core.models import Record
from registry.identity.models import User

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.contrib.admin import ModelAdmin
    from django.db.models import Model
    from django.http import HttpRequest

#: Counting stops here, so that the cost of a page is limited.
MAX_COUNT = 1000


@dataclass(frozen=True)
class RelatedList:
    """The records that refer to a record with one of their fields."""

    label: str
    count: int
    address: str
    add_address: str | None

    @property
    def shown_count(self) -> str:
        """The number as text; counting stops at a limit."""
        return f"more than {MAX_COUNT}" if self.count > MAX_COUNT else str(self.count)


def api_address(record: Model) -> str | None:
    """Return the API address of a record; None for rows that the API does not have."""
    if not isinstance(record, Record | User | Group):
        return None
    return f"{get_script_prefix()}api/{kind_of(type(record))}/{record.pk}/"


def address(model: type[Model], page: str, *arguments: Any) -> str:
    """Return the address of an admin page: changelist, add, change or history."""
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}"
    return reverse(name, args=arguments)


def change_address(model: type[Model], pk: Any) -> str:
    """Return the address of the change page of a record."""
    return address(model, "change", pk)


def filter_name(field: Any) -> str:
    """Return the name of the query parameter that filters a list by a link."""
    return f"{field.name}__id__exact"


def related_lists(
    page: ModelAdmin[Any], request: HttpRequest, record: Model
) -> list[RelatedList]:
    """Return the related lists that the user can view, with one count each."""
    return [
        _related_list(relation, record, may_add=_may_add(relation, other, request))
        for relation, other in _relations(page, record)
        if other.has_view_permission(request)
    ]


def _relations(page: ModelAdmin[Any], record: Model) -> Iterator[tuple[Any, Any]]:
    """Yield the relations to the record's model, each with its ``ModelAdmin``."""
    shown: dict[Any, Any] = page.admin_site._registry
    for relation in record._meta.related_objects:
        other = shown.get(relation.related_model)
        if other is not None and relation.name not in _form_lists(record):
            yield relation, other


def _form_lists(record: Model) -> tuple[str, ...]:
    """Return the names of the lists that are in the record's own form."""
    return tuple(getattr(record, "reverse_lists", ()))


def _may_add(relation: Any, other: Any, request: HttpRequest) -> bool:
    """Return whether the user can add a record with this link."""
    names = flatten_fieldsets(other.get_fieldsets(request))
    return relation.field.name in names and other.has_add_permission(request)


def _related_list(relation: Any, record: Model, *, may_add: bool) -> RelatedList:
    field, model = relation.field, relation.related_model
    rows = model._default_manager.filter(**{field.name: record.pk}).order_by()
    count = rows[: MAX_COUNT + 1].count()
    is_taken = relation.one_to_one and count > 0
    return RelatedList(
        label=_label(relation),
        count=count,
        address=f"{address(model, 'changelist')}?{filter_name(field)}={record.pk}",
        add_address=f"{address(model, 'add')}?{field.name}={record.pk}"
        if may_add and not is_taken
        else None,
    )


def _label(relation: Any) -> str:
    """Return the label of a list, with the field if a model has several links."""
    model = relation.related_model
    name = capfirst(str(model._meta.verbose_name_plural))
    ways = [
        other
        for other in relation.model._meta.related_objects
        if other.related_model is model
    ]
    return name if len(ways) == 1 else f"{name} by {relation.field.verbose_name}"
