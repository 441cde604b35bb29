"""The pages of objects, their components and file types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.db.models import Q

from registry.admin.autocomplete import LinkListField, LinkSelectMultiple
from registry.admin.columns import CHANGE_COLUMNS, link_column, short_text_column
from registry.admin.filters import LinkFilter
from registry.admin.forms import without_clear_button
from registry.admin.records import RecordAdmin
from registry.catalogue.models import (
    DataProduct,
    FileType,
    Object,
    ObjectComponent,
    StorageLocation,
)

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest


DESCRIPTION = short_text_column("description")


def matching_objects(term: str) -> Q:
    """Return the condition for objects that match a search term.

    Objects have no names, so this searches their descriptions, the names of their data
    products and the hashes of their bytes.
    """
    return (
        Q(description__icontains=term)
        | Q(
            pk__in=DataProduct.objects.filter(name__icontains=term)
            .order_by()
            .values("object")
        )
        | Q(storage_location__in=StorageLocation.objects.filter(hash=term).order_by())
    )


@admin.register(FileType)
class FileTypeAdmin(RecordAdmin):
    """File types."""


@admin.register(Object)
class ObjectAdmin(RecordAdmin):
    """Objects; the service creates the component ``whole_object`` of a new one."""

    first_fields = ("description",)
    list_display = (
        "id",
        DESCRIPTION,
        "file_type",
        *CHANGE_COLUMNS,
    )
    list_display_links = ("id", DESCRIPTION)
    list_filter = (
        "last_updated",
        ("file_type", LinkFilter),
        ("authors", LinkFilter),
        ("registered_by", LinkFilter),
    )
    search_fields = ("description",)
    search_hint = (
        "Finds objects by description, by the name of their data products and by "
        "hash; also by id, UUID or API address."
    )

    def search(
        self, request: HttpRequest, queryset: QuerySet[Any], term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Return the objects that match a search term."""
        return (queryset.filter(matching_objects(term)) if term else queryset), False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Return the fields that cannot be changed, with the location if it is set."""
        fields = super().get_readonly_fields(request, obj)
        placed = obj is not None and obj.storage_location_id is not None
        return [*fields, "storage_location"] if placed else fields


@admin.register(ObjectComponent)
class ObjectComponentAdmin(RecordAdmin):
    """Components; ``whole_object`` is created together with the object."""

    service_fields = ("whole_object",)
    locked_fields = ("object",)
    list_display = (
        "name",
        link_column("object"),
        DESCRIPTION,
        "whole_object",
        *CHANGE_COLUMNS,
    )
    list_filter = (
        "whole_object",
        "last_updated",
        ("object", LinkFilter),
        ("issues", LinkFilter),
    )
    search_fields = ("name",)
    search_hint = (
        "Finds components by their name and by their object: its description, data "
        "products or hash; also by id or API address."
    )

    def search(
        self, request: HttpRequest, queryset: QuerySet[Any], term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Return the components that match a term by name or by their object."""
        if not term:
            return queryset, False
        objects = Object.objects.filter(matching_objects(term)).order_by()
        by_object = Q(object__in=objects.values("pk"))
        return queryset.filter(Q(name__icontains=term) | by_object), False


def components_field(
    site: admin.AdminSite,
) -> forms.ModelMultipleChoiceField[ObjectComponent]:
    """Return a form field for components with autocomplete.

    Autocomplete needs a field with links to components; any such field will do.
    """
    through = ObjectComponent.issues.through
    field: Any = through._meta.get_field("objectcomponent")
    components: forms.ModelMultipleChoiceField[Any] = without_clear_button(
        LinkListField(
            ObjectComponent.objects.all(),
            required=False,
            widget=LinkSelectMultiple(field, site),
        )
    )
    return components
