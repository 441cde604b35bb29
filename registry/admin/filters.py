"""Filters of lists, which do not load all their choices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import PAGE_VAR

from registry.admin.autocomplete import LinkSelect
from registry.admin.related import filter_name
from registry.core.links import is_id
from registry.identity.roles import ROLES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import QuerySet
    from django.http import HttpRequest


class LinkFilter(admin.FieldListFilter):
    """A filter by the target of a link, with an autocomplete field."""

    template = "admin/registry/link_filter.html"
    #: The title of the filter, if it is not the name of the field.
    label: ClassVar[str] = ""

    def __init__(
        self,
        field: Any,
        request: HttpRequest,
        params: Any,
        model: Any,
        model_admin: Any,
        field_path: str,
    ) -> None:
        self.name = filter_name(field)
        super().__init__(field, request, params, model, model_admin, field_path)
        self.title = self.label or self.title
        given: Any = self.used_parameters.get(self.name)
        if not any(given or []):
            # the form was sent without a choice
            self.used_parameters.clear()
        self.others = [
            (name, value)
            for name, values in request.GET.lists()
            if name not in {self.name, PAGE_VAR}
            for value in values
        ]
        self.bound_field = self._form(field, request, model_admin)[self.name]
        searched = model_admin.admin_site.get_model_admin(field.related_model)
        self._has_output = bool(searched.has_view_permission(request))

    def _form(self, field: Any, request: HttpRequest, model_admin: Any) -> forms.Form:
        form = forms.Form(request.GET, auto_id="filter_%s")
        form.fields[self.name] = forms.ModelChoiceField(
            field.related_model._default_manager.all(),
            widget=LinkSelect(field, model_admin.admin_site),
            required=False,
            label=f"Search for {self.title}",
        )
        return form

    def expected_parameters(self) -> list[str | None]:
        """Return the name of the query parameter."""
        return [self.name]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Any]
    ) -> QuerySet[Any] | None:
        """Return the rows with this target; refuse what cannot be an id."""
        given: Any = self.used_parameters.get(self.name, ())
        if not all(is_id(str(one)) for one in given):
            raise IncorrectLookupParameters(f"{self.name} is not an id.")
        return super().queryset(request, queryset)

    def has_output(self) -> bool:
        """Return whether the user can search for targets; this needs no query."""
        return self._has_output

    def choices(self, changelist: Any) -> Iterator[Any]:
        """Yield the choice that removes the filter."""
        if self.used_parameters:
            yield {
                "selected": False,
                "query_string": changelist.get_query_string(remove=[self.name]),
                "display": "Any",
            }


class PersonFilter(LinkFilter):
    """A filter by the person who did something."""

    label = "person"


class DayFilter(admin.DateFieldListFilter):
    """A filter by recent dates."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = "day"


class RoleFilter(admin.SimpleListFilter):
    """A filter by the roles of accounts."""

    title = "role"
    parameter_name = "role"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return all roles as choices."""
        return [(role, role) for role in ROLES]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Any]
    ) -> QuerySet[Any] | None:
        """Return the accounts that have the selected role."""
        role = self.value()
        return queryset.filter(groups__name=role) if role else queryset
