"""What is said of objects: keywords, licences, releases, keys with values."""

from __future__ import annotations

from django.contrib import admin

from registry.admin.columns import CHANGED, link, short
from registry.admin.filters import LinkFilter
from registry.admin.records import RecordAdmin
from registry.catalogue.models import CodeRepoRelease, KeyValue, Keyword, Licence


class LabelAdmin(RecordAdmin):
    """What is said of one object, and stays with it."""

    fixed = ("object",)
    list_filter = ("last_updated", ("object", LinkFilter))


@admin.register(Keyword)
class KeywordAdmin(LabelAdmin):
    """Keywords."""

    list_display = ("keyphrase", link("object"), "identifier", *CHANGED)
    search_fields = ("keyphrase", "identifier")


@admin.register(Licence)
class LicenceAdmin(LabelAdmin):
    """Licences."""

    list_display = (short("licence_info"), link("object"), "identifier", *CHANGED)
    search_fields = ("licence_info", "identifier")


@admin.register(CodeRepoRelease)
class CodeRepoReleaseAdmin(LabelAdmin):
    """Releases of code repositories."""

    list_display = ("name", "version", link("object"), "website", *CHANGED)
    search_fields = ("name", "=version", "website")


@admin.register(KeyValue)
class KeyValueAdmin(LabelAdmin):
    """Keys with values."""

    list_display = ("key", "value", link("object"), *CHANGED)
    search_fields = ("key", "value")
