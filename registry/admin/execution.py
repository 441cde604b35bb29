"""The pages of backends, and of the work that the registry makes of run requests."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.template.defaultfilters import filesizeformat

from registry.admin.base import ReadOnlyAdmin
from registry.admin.columns import MISSING, link_column, short_text_column
from registry.admin.filters import DayFilter, LinkFilter
from registry.admin.records import RecordAdmin
from registry.execution.models import (
    Attempt,
    AttemptLog,
    AttemptOutput,
    Backend,
    Executor,
    Job,
    Task,
)
from registry.execution.record_types import EXECUTION, TASK
from registry.runs.models import Verification

if TYPE_CHECKING:
    from django.db.models import Model
    from django.http import HttpRequest

_NOW = ("flags_now", "last_seen")


@admin.register(Backend)
class BackendAdmin(RecordAdmin):
    """Backends, with what holds for each now; flags are set below its address."""

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the fields, and of a backend that there is, what holds for it now."""
        fieldsets = super().get_fieldsets(request, obj)
        return [*fieldsets, ("Now", {"fields": _NOW})] if obj else fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Return the fields that cannot be changed here, the flags among them."""
        return [*super().get_readonly_fields(request, obj), *_NOW]

    @admin.display(description="flags")
    def flags_now(self, backend: Backend) -> str:
        """Return the flags that are set, each with the time since when."""
        flags = [
            f"{name} since {one['since']}"
            for name, one in sorted(backend.flags.items())
            if one["value"]
        ]
        return ", ".join(flags) or MISSING


class WorkAdmin(ReadOnlyAdmin):
    """The pages of rows that the registry makes of run requests.

    Events of what happens to tasks belong to the request, or to the backend.
    """

    section = EXECUTION

    def __init__(self, model: type[Model], admin_site: admin.AdminSite) -> None:
        super().__init__(model, admin_site)
        self.event_kind = ""


@admin.register(Job)
class JobAdmin(WorkAdmin):
    """Jobs of run requests."""

    fields = ("run_request", "index", "external_id", "state", "state_changed")
    list_display = ("id", link_column("run_request"), "index", "state", "state_changed")
    list_filter = ("state", ("run_request", LinkFilter))
    search_fields = ("=id", "=external_id")


@admin.register(Task)
class TaskAdmin(WorkAdmin):
    """Tasks of run requests."""

    fields = tuple(one for one in TASK.fields if one != "needs")
    list_display = (
        *("id", "name", link_column("run_request"), link_column("backend")),
        *("state", "reason", "state_changed", link_column("code_run")),
    )
    list_display_links = ("id", "name")
    list_filter = ("state", ("run_request", LinkFilter), ("backend", LinkFilter))
    search_fields = ("=id", "=external_id", "name")


@admin.register(Attempt)
class AttemptAdmin(WorkAdmin):
    """Attempts to do tasks. Their leases are for the executors alone."""

    fields = (
        *("task", "number", "backend", "executor", "host", "state", "stage"),
        *("leased_at", "leased_until", "started", "ended", "exit_code", "error"),
        *("usage", "code_run"),
    )
    list_display = (
        *("id", link_column("task"), "number", link_column("backend"), "executor"),
        *("host", "state", "leased_at", "ended", link_column("code_run")),
    )
    list_filter = (
        *("state", ("leased_at", DayFilter)),
        *(("backend", LinkFilter), ("executor", LinkFilter), ("task", LinkFilter)),
    )
    list_select_related = ("executor",)
    search_fields = ("=id", "host", "executor__username")


@admin.register(AttemptLog)
class AttemptLogAdmin(WorkAdmin):
    """The last parts of the logs of attempts."""

    fields = ("attempt", "at", "offset", "text")
    list_display = ("attempt_id", link_column("attempt"), "at", "offset")
    list_filter = (("at", DayFilter), ("attempt", LinkFilter))
    list_select_related = False
    search_fields = ("=attempt__id",)
    ordering = ("-attempt",)


@admin.register(AttemptOutput)
class AttemptOutputAdmin(WorkAdmin):
    """The files that attempts wrote."""

    fields = (
        *("attempt", "name", "level", "path", "readable_size", "sha1"),
        *("is_stored", "object"),
    )
    list_display = (
        *("id", link_column("attempt"), "name", "level", short_text_column("path")),
        *("readable_size", "is_stored", link_column("object")),
    )
    list_filter = ("level", "is_stored", ("attempt", LinkFilter))
    search_fields = ("=attempt__id", "=sha1", "name")
    ordering = ("-id",)

    @admin.display(description="size", ordering="size")
    def readable_size(self, output: AttemptOutput) -> str:
        """Return the size in bytes, and in a readable unit."""
        return f"{filesizeformat(output.size)} ({output.size:,} bytes)"


@admin.register(Executor)
class ExecutorAdmin(WorkAdmin):
    """Executors that asked for work, and what each offered last."""

    fields = (
        *("backend", "host", "account", "slots", "resources", "further"),
        *("database", "seen"),
    )
    list_display = (
        *("host", link_column("backend"), "account", "slots", "offered"),
        *("database", "seen"),
    )
    list_filter = ("database", ("seen", DayFilter), ("backend", LinkFilter))
    list_select_related = ("account",)
    search_fields = ("host", "account__username", "backend__slug")

    @admin.display(description="resources")
    def offered(self, executor: Executor) -> str:
        """Return what the executor offers, as JSON."""
        return json.dumps({**executor.resources, **executor.further})


@admin.register(Verification)
class VerificationAdmin(WorkAdmin):
    """How code runs that were run again compare with their first runs."""

    fields = ("code_run", "rerun", "outcome", "compared", "differences", "at")
    list_display = (
        *("id", link_column("code_run"), link_column("rerun"), "outcome"),
        *("compared", "at"),
    )
    list_filter = ("outcome", ("at", DayFilter), ("code_run", LinkFilter))
    search_fields = ("=code_run__id", "=rerun__id")
