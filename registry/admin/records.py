"""The base classes of pages that write with services, and of pages of records."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from django.contrib import messages
from django.contrib.admin import site
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.db.models import CharField, DateTimeField, URLField
from django.http import HttpResponseRedirect

from registry.admin.autocomplete import (
    LinkListField,
    LinkSelect,
    LinkSelectMultiple,
)
from registry.admin.base import RegistryAdmin, signed_in_user
from registry.admin.columns import CHANGE_COLUMNS
from registry.admin.filters import LinkFilter
from registry.admin.forms import (
    RecordForm,
    ServiceForm,
    document_field,
    label_inputs,
    url_field,
    without_clear_button,
)
from registry.admin.merging import Merging
from registry.admin.related import change_address
from registry.core.documents import DocumentField
from registry.core.errors import Conflict, Forbidden, RegistryError
from registry.core.field_references import name_of
from registry.core.links import LinkError, NaturalKey, parse_link
from registry.core.models import Record
from registry.core.permissions import Who
from registry.core.record_types import record_type_of, record_types
from registry.core.snapshots import to_many_fields
from registry.core.traits import Section
from registry.identity.ownership import may_change, may_withdraw
from registry.identity.roles import is_administrator, is_curator

if TYPE_CHECKING:
    from django import forms
    from django.contrib import admin
    from django.db.models import Model, QuerySet
    from django.http import HttpRequest, HttpResponse

#: Longer lists of links are read-only: a form sends each link as a field of its own,
#: and Django accepts a thousand fields.
MAX_EDITED_LINKS = 500
AUDIT_FIELDS = ("registered_by", "updated_by", "last_updated")


class ServiceAdmin(RegistryAdmin):
    """Pages that save with a service.

    If the service raises an error, the transaction is rolled back and the form is shown
    again with the error. Django itself saves nothing.
    """

    form: type[forms.ModelForm[Any]] = ServiceForm

    def store(self, request: HttpRequest, obj: Any, form: Any) -> Model:
        """Create or change a row with a service; ``obj.pk`` is None for a new row."""
        raise NotImplementedError

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Return the actions without "delete selected", which skips the service."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def save_model(
        self, request: HttpRequest, obj: Any, form: Any, change: bool
    ) -> None:
        """Save with the service, and set the id, which the page needs."""
        obj.pk = self.store(request, obj, form).pk

    def save_related(
        self, request: HttpRequest, form: Any, formsets: Any, change: bool
    ) -> None:
        """Do nothing: the service saves lists of links too."""

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show or save the form; show it again with the error of the service."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except Forbidden as error:
            raise PermissionDenied(error.detail) from error
        except RegistryError as error:
            request.service_error = error  # type: ignore[attr-defined]
        except IntegrityError:
            request.service_error = Conflict(  # type: ignore[attr-defined]
                "This does not fit what is on record by now; look again."
            )
        return super().changeform_view(request, object_id, form_url, extra_context)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Return the form class of this request, with the error of the service."""
        kwargs.setdefault("labels", {"uuid": "UUID"})
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.service_error = getattr(request, "service_error", None)
        return form

    def formfield_for_foreignkey(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> Any:
        """Return the form field of a link, with autocomplete."""
        kwargs.setdefault("widget", LinkSelect(db_field, self.admin_site))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> Any:
        """Return the form field of a list of links, without a button to clear it."""
        kwargs.setdefault("form_class", LinkListField)
        kwargs.setdefault("widget", LinkSelectMultiple(db_field, self.admin_site))
        return without_clear_button(
            super().formfield_for_manytomany(db_field, request, **kwargs)
        )


class RecordAdmin(Merging, ServiceAdmin):
    """The pages of one record type, from its declaration.

    A type without special needs is registered with this class itself. Administrators
    can correct records that their owners cannot change.
    """

    #: The first fields of a form; the others follow in the order of the model.
    first_fields: ClassVar[tuple[str, ...]] = ()
    #: Fields of the API that are not in the form, because the service sets them.
    service_fields: ClassVar[tuple[str, ...]] = ()
    #: Fields that cannot be changed once the record exists.
    locked_fields: ClassVar[tuple[str, ...]] = ("uuid",)

    form = RecordForm
    search_hint = "Finds a record by its id, UUID or API address as well."

    def __init__(self, model: type[Record], admin_site: admin.AdminSite) -> None:
        self.record_type = record_type_of(model)
        super().__init__(model, admin_site)

    def get_list_display(self, request: HttpRequest) -> Any:
        """Return the columns of the type, unless the page has its own."""
        if self.list_display != ("__str__",):
            return self.list_display
        return tuple(dict.fromkeys((*self.record_type.column_names, *CHANGE_COLUMNS)))

    def get_list_filter(self, request: HttpRequest) -> Any:
        """Return a filter for each link of the type, unless the page has its own."""
        return self.list_filter or ("last_updated", *self._link_filters())

    def get_search_fields(self, request: HttpRequest) -> Any:
        """Return the text fields of the type, unless the page has its own."""
        return self.search_fields or self._text_fields()

    @property
    def section(self) -> Section:  # type: ignore[override]
        """The section of the type on the start page."""
        return self.record_type.section

    @property
    def deletable(self) -> bool:  # type: ignore[override]
        """Whether records of the type can be deleted."""
        return self.record_type.deleted_by is not Who.NOBODY

    @property
    def writable(self) -> tuple[str, ...]:
        """The names of the fields in the form, in order."""
        names = dict.fromkeys((*self.first_fields, *self.record_type.writable_fields))
        return tuple(name for name in names if name not in self.service_fields)

    def _link_filters(self) -> list[Any]:
        """Return a filter for each link of the type."""
        fields = self.record_type.own_fields.items()
        return [(name, LinkFilter) for name, field in fields if field.is_relation]

    def _text_fields(self) -> tuple[str, ...]:
        """Return the short text fields of the type and those that the site searches."""
        fields = self.record_type.own_fields.values()
        texts = [one.name for one in fields if isinstance(one, CharField)]
        return (*dict.fromkeys([*map(name_of, self.record_type.search_texts), *texts]),)

    def store(self, request: HttpRequest, obj: Any, form: RecordForm) -> Model:
        """Register a record, or change the revision that the form shows."""
        by, values = signed_in_user(request), form.values()
        if obj.pk is None:
            [record] = self.record_type.register_rows([values], by=by, validated=True)
            return record
        known = form.known_revisions()
        return self._change(obj.pk, values, by=by, unless_changed=known, validated=True)

    @property
    def _change(self) -> Callable[..., Record]:
        """The service that changes a record, or that corrects it."""
        change = self.record_type.change or self.record_type.correct
        if change is None:
            raise PermissionDenied(f"A {self.record_type.title} cannot be changed.")
        return change

    def formfield_for_dbfield(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> Any:
        """Return the form field: URLs as in the API, times with labelled inputs."""
        if isinstance(db_field, URLField):
            return url_field(db_field)
        if isinstance(db_field, DocumentField):
            required = db_field.name in self.record_type.required_names
            return document_field(db_field, required=required)
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if isinstance(db_field, DateTimeField):
            label_inputs(field)
        return field

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the records that the user can see."""
        return self.record_type.visible(super().get_queryset(request), request.user)

    def _is_curator(self, request: HttpRequest) -> bool:
        """Return whether the user curates the type; nobody curates private records."""
        return not self.record_type.is_private and is_curator(request.user)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Require a curator, or any permission for the type."""
        return self._is_curator(request) or super().has_module_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Require a curator, or the permission to view."""
        return self._is_curator(request) or super().has_view_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Require the same permission as the API to change a record."""
        changed_by = self.record_type.changed_by
        allowed = super().has_change_permission(request, obj)
        if changed_by is Who.NOBODY or not (allowed or self._is_curator(request)):
            return False
        if changed_by is Who.ADMINISTRATORS:
            return is_administrator(request.user)
        return obj is None or may_change(request.user, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Require the same permission as the API to delete a record."""
        allowed = super().has_delete_permission(request, obj)
        if not self.deletable or not (allowed or self._is_curator(request)):
            return False
        return obj is None or may_withdraw(request.user, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Let curators add records too; the services decide about each."""
        return self._is_curator(request) or super().has_add_permission(request)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete a record with its service."""
        delete = self.record_type.delete
        if delete is None:
            raise PermissionDenied(f"A {self.record_type.title} cannot be deleted.")
        delete(obj.pk, by=signed_in_user(request))

    def delete_view(
        self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Delete a record; show what keeps it if others depend on it by now."""
        try:
            return super().delete_view(request, object_id, *args, **kwargs)
        except Conflict as error:
            self.message_user(request, error.detail, messages.ERROR)
            return HttpResponseRedirect(change_address(self.model, unquote(object_id)))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Show no link to delete a record that others depend on."""
        record = context.get("original")
        has_dependents = self.record_type.has_dependents
        if record is not None and has_dependents is not None:
            context["show_delete"] = not has_dependents(record)
        return super().render_change_form(request, context, *args, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the fields, followed by who registered the record and when."""
        about = [("Who and when", {"fields": AUDIT_FIELDS})] if obj else []
        return [(None, {"fields": self.writable}), *about]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Return the fields that cannot be changed here."""
        if obj is None:
            return [*AUDIT_FIELDS]
        locked_fields = [name for name in self.locked_fields if name in self.writable]
        return [*AUDIT_FIELDS, *locked_fields, *read_only_lists(obj)]

    def get_list_select_related(self, request: HttpRequest) -> list[str]:
        """Return the links that are columns, to select their targets."""
        return [
            field.name
            for field in self.opts.fields
            if field.is_relation and field.name in self.get_list_display(request)
        ]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Return the records with this id, UUID or API address, or with this text."""
        term = search_term.replace("\0", "").strip()
        try:
            reference = parse_link(term, self.model)
        except LinkError:
            return self.search(request, queryset, term)
        if isinstance(reference, NaturalKey):
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
        """Return the records with this text in their fields."""
        return super().get_search_results(request, queryset, term)


def register_default_pages() -> None:
    """Register the default pages of every record type without its own."""
    for record_type in record_types():
        if not site.is_registered(record_type.model):
            site.register(record_type.model, RecordAdmin)


def read_only_lists(record: Record) -> list[str]:
    """Return the names of a record's lists of links that are too long for a form."""
    known: list[str] | None = record.__dict__.get("_read_only_lists")
    if known is None:
        known = record.__dict__["_read_only_lists"] = [
            name
            for name in to_many_fields(type(record))
            if getattr(record, name).order_by()[MAX_EDITED_LINKS:][:1].exists()
        ]
    return known
