"""Pages that write by services, and those of records."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from django.contrib.admin import site
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.db.models import CharField, DateTimeField, URLField

from registry.admin.base import RegistryAdmin, person
from registry.admin.columns import CHANGED
from registry.admin.filters import LinkFilter
from registry.admin.forms import (
    RecordForm,
    ServiceForm,
    address_field,
    name_parts,
    one_by_one,
)
from registry.core.errors import Conflict, Forbidden, RegistryError
from registry.core.links import LinkError, parse_link
from registry.core.models import Record
from registry.core.record_types import (
    Section,
    Who,
    name_of,
    record_type_of,
    record_types,
)
from registry.core.records import to_many_fields
from registry.identity.roles import is_administrator, may_change

if TYPE_CHECKING:
    from django import forms
    from django.contrib import admin
    from django.db.models import Model, QuerySet
    from django.http import HttpRequest, HttpResponse

#: Lists of links longer than this are shown, not edited: a form sends each link as a
#: field of its own, and Django takes a thousand of them.
LONGEST_LIST = 500
WHO_AND_WHEN = ("registered_by", "updated_by", "last_updated")


class ServiceAdmin(RegistryAdmin):
    """Pages that leave storing to a service.

    Where a service refuses, the transaction is undone and the form shown again with
    the reason. Nothing else of Django's own saving takes place.
    """

    form: type[forms.ModelForm[Any]] = ServiceForm

    def store(self, request: HttpRequest, obj: Any, form: Any) -> Model:
        """Register or change by a service; ``obj.pk`` is None for a new row."""
        raise NotImplementedError

    def save_model(
        self, request: HttpRequest, obj: Any, form: Any, change: bool
    ) -> None:
        """Store; the rest of the page needs the id."""
        obj.pk = self.store(request, obj, form).pk

    def save_related(
        self, request: HttpRequest, form: Any, formsets: Any, change: bool
    ) -> None:
        """Do nothing: the service stored the lists as well."""

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the form, or store it; a refusal leads back to the form."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except Forbidden as error:
            raise PermissionDenied(error.detail) from error
        except RegistryError as error:
            request.refusal = error  # type: ignore[attr-defined]
        except IntegrityError:
            request.refusal = Conflict(  # type: ignore[attr-defined]
                "This does not fit what is on record by now; look again."
            )
        return super().changeform_view(request, object_id, form_url, extra_context)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Make the form of this request, which knows if the service refused it."""
        kwargs.setdefault("labels", {"uuid": "UUID"})
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.refusal = getattr(request, "refusal", None)
        return form

    def get_autocomplete_fields(self, request: HttpRequest) -> list[str]:
        """Never load a table into a form: every link is searched for."""
        return [
            field.name
            for field in (*self.opts.fields, *self.opts.many_to_many)
            if field.is_relation
        ]

    def formfield_for_manytomany(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> Any:
        """Let take the links out of a list one by one."""
        return one_by_one(super().formfield_for_manytomany(db_field, request, **kwargs))


class RecordAdmin(ServiceAdmin):
    """Pages of one record type, by its declaration.

    A type that needs no more is registered with this class itself. What its owner
    cannot change, administrators correct.
    """

    #: Fields that a form begins with, before the others in the order of the model.
    leading: ClassVar[tuple[str, ...]] = ()
    #: Fields that the service decides, though the API has them.
    decided: ClassVar[tuple[str, ...]] = ()
    #: What stays as it is once the record exists.
    fixed: ClassVar[tuple[str, ...]] = ("uuid",)

    form = RecordForm
    search_hint = "Finds a record by its id, UUID or API address as well."

    def __init__(self, model: type[Record], admin_site: admin.AdminSite) -> None:
        self.record_type = record_type_of(model)
        super().__init__(model, admin_site)

    def get_list_display(self, request: HttpRequest) -> Any:
        """Return the columns of the type, unless the page has its own."""
        if self.list_display != ("__str__",):
            return self.list_display
        return tuple(dict.fromkeys((*self.record_type.column_names, *CHANGED)))

    def get_list_filter(self, request: HttpRequest) -> Any:
        """Return a filter for each link of the type, unless the page has its own."""
        return self.list_filter or ("last_updated", *self._link_filters())

    def get_search_fields(self, request: HttpRequest) -> Any:
        """Return the texts of the type, unless the page has its own."""
        return self.search_fields or self._texts()

    @property
    def section(self) -> Section:  # type: ignore[override]
        """The heading of the start page that the type is below."""
        return self.record_type.section

    @property
    def deletable(self) -> bool:  # type: ignore[override]
        """Whether records of the type can be deleted."""
        return self.record_type.deleted_by is not Who.NOBODY

    @property
    def writable(self) -> tuple[str, ...]:
        """What a person fills in, in this order."""
        names = dict.fromkeys((*self.leading, *self.record_type.writable_fields))
        return tuple(name for name in names if name not in self.decided)

    def _link_filters(self) -> list[Any]:
        """Return a filter for each link of the type."""
        fields = self.record_type.own_fields.items()
        return [(name, LinkFilter) for name, field in fields if field.is_relation]

    def _texts(self) -> tuple[str, ...]:
        """Name the short texts of the type, and those that the site searches."""
        fields = self.record_type.own_fields.values()
        texts = [one.name for one in fields if isinstance(one, CharField)]
        return (*dict.fromkeys([*map(name_of, self.record_type.search_texts), *texts]),)

    def store(self, request: HttpRequest, obj: Any, form: Any) -> Model:
        """Register a record, or change it if it is as the person saw it."""
        by, values = person(request), form.values()
        if obj.pk is None:
            [record] = self.record_type.register_rows([values], by=by, validated=True)
            return record
        known = form.if_match_revisions()
        return self._change(obj.pk, values, by=by, unless_changed=known, validated=True)

    @property
    def _change(self) -> Callable[..., Record]:
        """The service that changes a record, or has administrators correct it."""
        change = self.record_type.change or self.record_type.correct
        if change is None:
            raise PermissionDenied(f"A {self.record_type.title} cannot be changed.")
        return change

    def formfield_for_dbfield(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> Any:
        """Take the addresses that the API takes, and name both parts of a time."""
        if isinstance(db_field, URLField):
            return address_field(db_field)
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if isinstance(db_field, DateTimeField):
            name_parts(field)
        return field

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Allow people to change what they can change in the API."""
        changed_by = self.record_type.changed_by
        allowed = super().has_change_permission(request, obj)
        if changed_by is Who.NOBODY or not allowed:
            return False
        if changed_by is Who.ADMINISTRATORS:
            return is_administrator(request.user)
        return obj is None or may_change(request.user, obj)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show the fields, and below them who registered the record and when."""
        about = [("Who and when", {"fields": WHO_AND_WHEN})] if obj else []
        return [(None, {"fields": self.writable}), *about]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Name what cannot be edited here."""
        if obj is None:
            return [*WHO_AND_WHEN]
        fixed = [name for name in self.fixed if name in self.writable]
        return [*WHO_AND_WHEN, *fixed, *long_lists(obj)]

    def get_list_select_related(self, request: HttpRequest) -> list[str]:
        """Select the targets of the links that are columns."""
        return [
            field.name
            for field in self.opts.fields
            if field.is_relation and field.name in self.get_list_display(request)
        ]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find by what identifies a record, or by the text of its fields."""
        term = search_term.replace("\0", "").strip()
        try:
            reference = parse_link(term, self.model)
        except LinkError:
            return self.search(request, queryset, term)
        if isinstance(reference, UUID):
            return queryset.filter(uuid=reference), False
        found = queryset.filter(pk=reference)
        if not term.isdigit():
            return found, False
        others, repeats = self.search(request, queryset, term)
        return found | others, repeats

    def search(
        self, request: HttpRequest, queryset: QuerySet[Any], term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find by the text of the fields."""
        return super().get_search_results(request, queryset, term)


def register_other_types() -> None:
    """Register the usual pages of every record type that has none of its own."""
    for record_type in record_types():
        if not site.is_registered(record_type.model):
            site.register(record_type.model, RecordAdmin)


def long_lists(record: Any) -> list[str]:
    """Name the record's lists of links that are too long to edit in a form."""
    known: list[str] | None = record.__dict__.get("_long_lists")
    if known is None:
        known = record.__dict__["_long_lists"] = [
            name
            for name in to_many_fields(type(record))
            if getattr(record, name).order_by()[LONGEST_LIST:][:1].exists()
        ]
    return known
