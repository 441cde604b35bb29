"""The pages of storage roots and storage locations."""

from __future__ import annotations

from django.contrib import admin

from registry.admin.columns import CHANGE_COLUMNS, flags_of
from registry.admin.filters import LinkFilter
from registry.admin.records import RecordAdmin
from registry.catalogue.models import StorageLocation, StorageRoot


@admin.register(StorageRoot)
class StorageRootAdmin(RecordAdmin):
    """Storage roots. To correct one here moves all its locations."""

    list_display = ("root", *flags_of(StorageRoot), *CHANGE_COLUMNS)
    list_filter = (*flags_of(StorageRoot), "last_updated")
    search_fields = ("root",)


@admin.register(StorageLocation)
class StorageLocationAdmin(RecordAdmin):
    """Storage locations."""

    first_fields = ("path", "hash", "storage_root")
    list_display = (
        "path",
        "hash",
        "storage_root",
        *flags_of(StorageLocation),
        *CHANGE_COLUMNS,
    )
    list_filter = (
        *flags_of(StorageLocation),
        "last_updated",
        ("storage_root", LinkFilter),
    )
    search_fields = ("path", "^hash")
