"""Where data is kept."""

from __future__ import annotations

from django.contrib import admin

from registry.admin.columns import CHANGED, flags_of
from registry.admin.filters import LinkFilter
from registry.admin.records import RecordAdmin
from registry.catalogue.models import StorageLocation, StorageRoot


@admin.register(StorageRoot)
class StorageRootAdmin(RecordAdmin):
    """Storage roots. One that moved is corrected here, for all of its locations."""

    list_display = ("root", *flags_of(StorageRoot), *CHANGED)
    list_filter = (*flags_of(StorageRoot), "last_updated")
    search_fields = ("root",)


@admin.register(StorageLocation)
class StorageLocationAdmin(RecordAdmin):
    """Storage locations."""

    list_display = (
        "path",
        "hash",
        "storage_root",
        *flags_of(StorageLocation),
        *CHANGED,
    )
    list_filter = (
        *flags_of(StorageLocation),
        "last_updated",
        ("storage_root", LinkFilter),
    )
    search_fields = ("path", "^hash")
