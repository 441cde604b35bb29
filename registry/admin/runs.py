"""The pages of runs, which cannot be deleted while others stand on them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.utils.html import format_html

from registry.admin.columns import CHANGE_COLUMNS, link_column
from registry.admin.filters import LinkFilter
from registry.admin.forms import CorrectionForm
from registry.admin.objects import DESCRIPTION
from registry.admin.records import RecordAdmin
from registry.admin.related import change_address
from registry.runs.dependents import dependents_of
from registry.runs.models import CodeRun, ModelRun

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

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[Any]]:
        """Return the run, and the runs that stand on it, which keep it from deletion.

        Its inputs and outputs are not deleted.
        """
        runs = [str(run) for run in objs]
        kept_by = [text for run in objs for text in _named_dependents(run)]
        return runs, {str(self.opts.verbose_name_plural): len(runs)}, set(), kept_by


@admin.register(ModelRun)
class ModelRunAdmin(RecordAdmin):
    """Model runs, whose corrections need a reason."""

    form = CorrectionForm
    date_hierarchy = "start_time"

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the fields, with the reason of a correction."""
        fields, *others = super().get_fieldsets(request, obj)
        if obj is None or not self.has_change_permission(request, obj):
            return [fields, *others]
        return [fields, ("Correction", {"fields": ("reason",)}), *others]

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[Any]]:
        """Return the run, and the runs that stand on it, which keep it from deletion.

        Its code run is deleted with it.
        """
        runs = [text for run in objs for text in (str(run), str(run.code_run))]
        kept_by = [text for run in objs for text in _named_dependents(run.code_run)]
        titles = (self.opts.verbose_name_plural, CodeRun._meta.verbose_name_plural)
        counts = dict.fromkeys(map(str, titles), len(objs))
        return runs, counts, set(), kept_by


def _named_dependents(run: CodeRun) -> Iterator[str]:
    """Yield links to the first runs that stand on a run, and how many others do."""
    found, total = dependents_of(run)
    for one in found:
        yield format_html('<a href="{}">{}</a>', change_address(CodeRun, one.pk), one)
    if total > len(found):
        yield f"{total - len(found)} more code runs"
