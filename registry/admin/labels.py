"""The pages of labels: keywords, licences, releases and key-value pairs."""

from __future__ import annotations

from django.contrib import admin

from registry.admin.columns import CHANGE_COLUMNS, link_column, short_text_column
from registry.admin.filters import LinkFilter
from registry.admin.records import RecordAdmin
from registry.catalogue.models import CodeRepoRelease, KeyValue, Keyword, Licence


class LabelAdmin(RecordAdmin):
    """A label of an object, which cannot be moved to another."""

    locked_fields = ("object",)
    list_filter = ("last_updated", ("object", LinkFilter))


@admin.register(Keyword)
class KeywordAdmin(LabelAdmin):
    """Keywords."""

    list_display = ("keyphrase", link_column("object"), "identifier", *CHANGE_COLUMNS)
    search_fields = ("keyphrase", "identifier")


@admin.register(Licence)
class LicenceAdmin(LabelAdmin):
    """Licences."""

    list_display = (
        short_text_column("licence_info"),
        link_column("object"),
        "identifier",
        *CHANGE_COLUMNS,
    )
    search_fields = ("licence_info", "identifier")


@admin.register(CodeRepoRelease)
class CodeRepoReleaseAdmin(LabelAdmin):
    """Releases of code repositories."""

    list_display = (
        "name",
        "version",
        link_column("object"),
        "website",
        *CHANGE_COLUMNS,
    )
    search_fields = ("name", "=version", "website")


@admin.register(KeyValue)
class KeyValueAdmin(LabelAdmin):
    """Key-value pairs."""

    list_display = ("key", "value", link_column("object"), *CHANGE_COLUMNS)
    search_fields = ("key", "value")
