"""The pages of code runs, the only record type that can be deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin

from registry.admin.base import signed_in_user
from registry.admin.columns import CHANGE_COLUMNS, link_column
from registry.admin.filters import LinkFilter
from registry.admin.objects import DESCRIPTION
from registry.admin.records import RecordAdmin
from registry.identity.roles import may_change
from registry.runs import services
from registry.runs.models import CodeRun

if TYPE_CHECKING:
    from django.http import HttpRequest


@admin.register(CodeRun)
class CodeRunAdmin(RecordAdmin):
    """Code runs."""

    first_fields = ("description",)
    date_hierarchy = "run_date"
    list_display = (
        "id",
        DESCRIPTION,
        "run_date",
        "end_date",
        link_column("code_repo"),
        *CHANGE_COLUMNS,
    )
    list_display_links = ("id", DESCRIPTION)
    list_filter = (
        "run_date",
        ("code_repo", LinkFilter),
        ("inputs", LinkFilter),
        ("outputs", LinkFilter),
        ("registered_by", LinkFilter),
    )
    search_fields = ("description",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Require the same permission as the API to delete a run."""
        if not super().has_delete_permission(request, obj):
            return False
        return obj is None or may_change(request.user, obj)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Return the actions without "delete selected", which skips the service."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[Any]]:
        """Return only the run; its inputs and outputs are not deleted."""
        runs = [str(run) for run in objs]
        return runs, {str(self.opts.verbose_name_plural): len(runs)}, set(), []

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete a run with the service."""
        services.delete_code_run(obj.pk, by=signed_in_user(request))
