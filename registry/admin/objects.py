"""Objects, their components and file types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelectMultiple
from django.db.models import Q

from registry.admin.columns import CHANGED, link, short
from registry.admin.filters import LinkFilter
from registry.admin.forms import one_by_one
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


DESCRIPTION = short("description")


def about(term: str) -> Q:
    """Return the condition for objects that a person means by this text.

    Objects have no name of their own: they are known by what they are described as,
    the data products that they are, and the hash of their bytes.
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
    """Objects; a new one gets its component ``whole_object`` by the service."""

    leading = ("description",)
    list_display = (
        "id",
        DESCRIPTION,
        "file_type",
        *CHANGED,
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
        """Find objects by what people know them by."""
        return (queryset.filter(about(term)) if term else queryset), False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Keep the location once there is one."""
        fields = super().get_readonly_fields(request, obj)
        placed = obj is not None and obj.storage_location_id is not None
        return [*fields, "storage_location"] if placed else fields


@admin.register(ObjectComponent)
class ObjectComponentAdmin(RecordAdmin):
    """Components; the ones that stand for whole objects are made with those."""

    decided = ("whole_object",)
    fixed = ("object",)
    list_display = ("name", link("object"), DESCRIPTION, "whole_object", *CHANGED)
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
        """Find components by name, and those of the objects that people mean."""
        if not term:
            return queryset, False
        objects = Object.objects.filter(about(term)).order_by()
        by_object = Q(object__in=objects.values("pk"))
        return queryset.filter(Q(name__icontains=term) | by_object), False


def components_field(
    site: admin.AdminSite,
) -> forms.ModelMultipleChoiceField[ObjectComponent]:
    """Make a form field that finds components as one types.

    The autocomplete asks by a field that has such links, whichever it is.
    """
    through = ObjectComponent.issues.through
    field: Any = through._meta.get_field("objectcomponent")
    components: forms.ModelMultipleChoiceField[Any] = one_by_one(
        forms.ModelMultipleChoiceField(
            ObjectComponent.objects.all(),
            required=False,
            widget=AutocompleteSelectMultiple(field, site),
        )
    )
    return components
