"""The pages of data products, namespaces and external objects."""

from __future__ import annotations

from django.contrib import admin

from registry.admin.columns import CHANGE_COLUMNS, flags_of, link_column
from registry.admin.filters import LinkFilter
from registry.admin.records import RecordAdmin
from registry.catalogue.models import DataProduct, ExternalObject, Namespace


@admin.register(Namespace)
class NamespaceAdmin(RecordAdmin):
    """Namespaces; the name is locked once there are data products."""

    list_display = ("name", "full_name", "website", *CHANGE_COLUMNS)
    search_fields = ("name", "full_name")


@admin.register(DataProduct)
class DataProductAdmin(RecordAdmin):
    """Data products; fields that others rely on are locked."""

    list_display = (
        "name",
        "version",
        "namespace",
        link_column("object"),
        *CHANGE_COLUMNS,
    )
    list_filter = (
        "last_updated",
        ("namespace", LinkFilter),
        ("object", LinkFilter),
        ("registered_by", LinkFilter),
    )
    search_fields = ("name", "=version")


@admin.register(ExternalObject)
class ExternalObjectAdmin(RecordAdmin):
    """External objects; the version is the one of the data product."""

    first_fields = ("data_product", "title", "description", "release_date")
    locked_fields = ("data_product",)
    date_hierarchy = "release_date"
    list_display = (
        "title",
        "version",
        "identifier",
        "alternate_identifier",
        "release_date",
        *flags_of(ExternalObject),
        *CHANGE_COLUMNS,
    )
    list_filter = (
        *flags_of(ExternalObject),
        "last_updated",
        ("data_product", LinkFilter),
    )
    search_fields = ("title", "identifier", "alternate_identifier")
