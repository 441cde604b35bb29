"""The pages of quality issues and marks of quality control."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.utils.html import format_html_join

from registry.admin.columns import CHANGE_COLUMNS, link_column
from registry.admin.filters import LinkFilter
from registry.admin.forms import RecordForm
from registry.admin.objects import DESCRIPTION, components_field
from registry.admin.records import RecordAdmin, read_only_lists
from registry.admin.related import change_address
from registry.catalogue.models import Issue, ObjectComponent, QualityControlled

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.utils.safestring import SafeString


class IssueForm(RecordForm):
    """The form of an issue with its components, which store the links."""

    component_issues = components_field(admin.site)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None:
            self.initial["component_issues"] = list(
                self.instance.component_issues.order_by().values_list("pk", flat=True)
            )


@admin.register(Issue)
class IssueAdmin(RecordAdmin):
    """Quality issues."""

    form = IssueForm
    first_fields = ("severity", "description", "component_issues")
    list_display = ("id", "severity", DESCRIPTION, *CHANGE_COLUMNS)
    list_display_links = ("id", DESCRIPTION)
    list_filter = ("last_updated", ("registered_by", LinkFilter))
    search_fields = ("description",)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the fieldsets, with components as text if they cannot be changed."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or self._may_edit_components(request, obj):
            return fieldsets
        shown = ["components" if n == "component_issues" else n for n in self.writable]
        return [(None, {"fields": shown}), *fieldsets[1:]]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Return the fields that cannot be changed, with the components as text."""
        fields = super().get_readonly_fields(request, obj)
        return [*fields, "components"] if obj is not None else fields

    def _may_edit_components(self, request: HttpRequest, obj: Issue) -> bool:
        too_many = "component_issues" in read_only_lists(obj)
        return self.has_change_permission(request, obj) and not too_many

    @admin.display(description="components with this issue")
    def components(self, issue: Issue) -> SafeString:
        """Return links to the components."""
        components = ObjectComponent.objects.filter(issues=issue)
        return format_html_join(
            ", ",
            '<a href="{}">{}</a>',
            ((change_address(ObjectComponent, one.pk), str(one)) for one in components),
        )


@admin.register(QualityControlled)
class QualityControlledAdmin(RecordAdmin):
    """Marks of quality control."""

    locked_fields = ("object",)
    list_display = (
        "id",
        link_column("object"),
        link_column("document"),
        *CHANGE_COLUMNS,
    )
    list_filter = ("last_updated", ("object", LinkFilter), ("document", LinkFilter))
    search_fields = ("object__description", "document__description")
