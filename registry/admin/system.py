"""The pages of rows that the registry writes: events, merged records, files, keys."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.template.defaultfilters import filesizeformat
from django.template.loader import render_to_string
from django.utils.html import format_html

from registry.admin.base import ReadOnlyAdmin
from registry.admin.filters import DayFilter, LinkFilter, PersonFilter
from registry.admin.history import describe_event, name_of_record
from registry.admin.related import address, change_address
from registry.catalogue.models import StorageLocation
from registry.core.models import Event, MergedRecord
from registry.core.snapshots import RECORD
from registry.core.verbs import DELETED
from registry.http.models import IdempotencyKey
from registry.identity.roles import is_administrator
from registry.storage.models import StoredFile

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet
    from django.http import HttpRequest
    from django.utils.safestring import SafeString

#: The name or address of a record: "object 12", ".../api/object/12/".
_RECORD = re.compile(r"(?:.*/)?([a-z_]+)[ /]([0-9]{1,18})/?")


def models_by_kind() -> dict[str, type[Model]]:
    """Return the models that have events, by their kind."""
    pages: dict[type[Model], Any] = admin.site._registry
    return {
        page.event_kind: model
        for model, page in pages.items()
        if getattr(page, "event_kind", "")
    }


class KindFilter(admin.SimpleListFilter):
    """A filter by the kind of record; the kinds need no query."""

    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return all kinds as choices."""
        return sorted(
            (kind, str(model._meta.verbose_name))
            for kind, model in models_by_kind().items()
        )

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Any]
    ) -> QuerySet[Any] | None:
        """Return the events of the selected kind."""
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    """Events, which nobody can add, change or delete."""

    fields = (
        *("at", "by", "client", "address", "action", "record", "subject"),
        *("changes_shown", "further_details", "record_shown"),
    )
    list_display = (
        *("at", "action", "record", "subject", "by", "client", "address", "changed"),
    )
    list_display_links = ("at",)
    list_filter = ("action", ("at", DayFilter), ("by", PersonFilter), KindFilter)
    list_select_related = ("by",)
    search_fields = ("by__username", "client", "address", "subject")
    search_hint = (
        "Finds events by person, client, address and subject, and those of one record: "
        "object 12."
    )

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Require an administrator: events hold addresses of people."""
        return is_administrator(request.user)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Require an administrator."""
        return is_administrator(request.user)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Return the events of one record, or those with this person or client."""
        term = search_term.replace("\0", "").strip()
        named = _RECORD.fullmatch(term)
        if named:
            found = queryset.filter(kind=named[1], record_id=int(named[2]))
            return found, False
        return super().get_search_results(request, queryset, term)

    @admin.display(description="record", ordering="record_id")
    def record(self, event: Event) -> SafeString | str:
        """Return the name of the record, with a link if it exists."""
        name = name_of_record(event)
        model = models_by_kind().get(event.kind)
        gone = event.action == DELETED.name or event.record_id is None
        if model is None or gone:
            return name
        return format_html(
            '<a href="{}">{}</a>', change_address(model, event.record_id), name
        )

    @admin.display(description="changed")
    def changed(self, event: Event) -> str:
        """Return the names of the changed fields."""
        return ", ".join(sorted(event.changes))

    @admin.display(description="changes")
    def changes_shown(self, event: Event) -> str:
        """Return the changes as the history of the record shows them."""
        model = models_by_kind().get(event.kind, Event)
        context = {"changes": describe_event(event, model).changes}
        return render_to_string("admin/registry/changes.html", context)

    @admin.display(description="detail")
    def further_details(self, event: Event) -> str:
        """Return the details without the record, as JSON."""
        more = {name: one for name, one in event.detail.items() if name != RECORD}
        return json.dumps(more, ensure_ascii=False)

    @admin.display(description="record before")
    def record_shown(self, event: Event) -> str:
        """Return the record as it was before the event."""
        model = models_by_kind().get(event.kind, Event)
        described = describe_event(event, model)
        return render_to_string(
            "admin/registry/record_before.html", {"described": described}
        )


@admin.register(StoredFile)
class StoredFileAdmin(ReadOnlyAdmin):
    """The files in the registry's own store."""

    fields = ("sha1", "sha256", "readable_size", "stored_at", "locations")
    list_display = ("sha1", "readable_size", "stored_at")
    list_filter = ("stored_at",)
    search_fields = ("^sha1", "^sha256")

    @admin.display(description="size", ordering="size")
    def readable_size(self, file: StoredFile) -> str:
        """Return the size in bytes, and in a readable unit."""
        return f"{filesizeformat(file.size)} ({file.size:,} bytes)"

    @admin.display(description="storage locations")
    def locations(self, file: StoredFile) -> SafeString:
        """Return a link to the locations with these bytes."""
        return format_html(
            '<a href="{}?hash={}">Storage locations with this hash</a>',
            address(StorageLocation, "changelist"),
            file.sha1,
        )


@admin.register(IdempotencyKey)
class IdempotencyKeyAdmin(ReadOnlyAdmin):
    """Idempotency keys of the last day. If one is deleted, its POST can be repeated."""

    deletable = True
    fields = ("user", "key", "claimed_at", "status", "location", "etag")
    list_display = ("key", "user", "claimed_at", "status", "location")
    list_filter = ("claimed_at", ("user", LinkFilter))
    list_select_related = ("user",)
    search_fields = ("=key", "user__username")
    ordering = ("-id",)


@admin.register(MergedRecord)
class MergedRecordAdmin(ReadOnlyAdmin):
    """Where the addresses of merged records lead."""

    fields = ("kind", "old_id", "new_id", "at")
    list_display = ("id", "kind", "old_id", "new_id", "at")
    list_filter = (("at", DayFilter), KindFilter)
    search_fields = ("=old_id", "=new_id")
