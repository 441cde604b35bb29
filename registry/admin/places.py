"""Where data is kept."""

from __future__ import annotations

from django.contrib import admin

from registry.admin.columns import CHANGED
from registry.admin.filters import LinkFilter
from registry.admin.records import RecordAdmin
from registry.catalogue.models import StorageLocation, StorageRoot


@admin.register(StorageRoot)
class StorageRootAdmin(RecordAdmin):
    """Storage roots. One that moved is corrected here, for all of its locations."""

    list_display = ("root", "local", *CHANGED)
    list_filter = ("local", "last_updated")
    search_fields = ("root",)


@admin.register(StorageLocation)
class StorageLocationAdmin(RecordAdmin):
    """Storage locations."""

    list_display = ("path", "hash", "storage_root", "public", *CHANGED)
    list_filter = ("public", "last_updated", ("storage_root", LinkFilter))
    search_fields = ("path", "^hash")
