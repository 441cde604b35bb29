"""Data products, their namespaces, and data from elsewhere."""

from __future__ import annotations

from django.contrib import admin

from registry.admin.columns import CHANGED, flags_of, link
from registry.admin.filters import LinkFilter
from registry.admin.records import RecordAdmin
from registry.catalogue.models import DataProduct, ExternalObject, Namespace


@admin.register(Namespace)
class NamespaceAdmin(RecordAdmin):
    """Namespaces; one that names products keeps its name."""

    list_display = ("name", "full_name", "website", *CHANGED)
    search_fields = ("name", "full_name")


@admin.register(DataProduct)
class DataProductAdmin(RecordAdmin):
    """Data products; what others cite of one stays."""

    list_display = ("name", "version", "namespace", link("object"), *CHANGED)
    list_filter = (
        "last_updated",
        ("namespace", LinkFilter),
        ("object", LinkFilter),
        ("registered_by", LinkFilter),
    )
    search_fields = ("name", "=version")


@admin.register(ExternalObject)
class ExternalObjectAdmin(RecordAdmin):
    """External objects; the version is that of the data product."""

    leading = ("data_product", "title", "description", "release_date")
    fixed = ("data_product",)
    date_hierarchy = "release_date"
    list_display = (
        "title",
        "version",
        "identifier",
        "alternate_identifier",
        "release_date",
        *flags_of(ExternalObject),
        *CHANGED,
    )
    list_filter = (
        *flags_of(ExternalObject),
        "last_updated",
        ("data_product", LinkFilter),
    )
    search_fields = ("title", "identifier", "alternate_identifier")
