"""The pages of code runs, which cannot be deleted while others stand on them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.http import HttpResponseRedirect
from django.utils.html import format_html

from registry.admin.columns import CHANGE_COLUMNS, link_column
from registry.admin.filters import LinkFilter
from registry.admin.objects import DESCRIPTION
from registry.admin.records import RecordAdmin
from registry.admin.related import change_address
from registry.core.errors import Conflict
from registry.runs.dependents import dependents_of
from registry.runs.models import CodeRun

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


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

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[Any]]:
        """Return the run, and the runs that stand on it, which keep it from deletion.

        Its inputs and outputs are not deleted.
        """
        runs = [str(run) for run in objs]
        kept_by = [text for run in objs for text in _named_dependents(run)]
        return runs, {str(self.opts.verbose_name_plural): len(runs)}, set(), kept_by

    def delete_view(
        self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Delete a run; show what keeps it if another has read it just now."""
        try:
            return super().delete_view(request, object_id, *args, **kwargs)
        except Conflict as error:
            self.message_user(request, error.detail, messages.ERROR)
            return HttpResponseRedirect(change_address(CodeRun, unquote(object_id)))


def _named_dependents(run: CodeRun) -> Iterator[str]:
    """Yield links to the first runs that stand on a run, and how many others do."""
    found, total = dependents_of(run)
    for one in found:
        yield format_html('<a href="{}">{}</a>', change_address(CodeRun, one.pk), one)
    if total > len(found):
        yield f"{total - len(found)} more code runs"
