"""Authors, and which account is which author."""

from __future__ import annotations

from django.contrib import admin

from registry.admin.columns import CHANGED
from registry.admin.filters import LinkFilter
from registry.admin.records import RecordAdmin
from registry.catalogue.models import Author, UserAuthor


@admin.register(Author)
class AuthorAdmin(RecordAdmin):
    """Authors. An identifier decides the UUID, also when it is added later."""

    list_display = ("__str__", "identifier", "uuid", *CHANGED)
    search_fields = ("name", "identifier")


@admin.register(UserAuthor)
class UserAuthorAdmin(RecordAdmin):
    """Accounts with their authors."""

    fixed = ("user",)
    list_display = ("id", "user", "author", *CHANGED)
    list_display_links = ("id", "user")
    list_filter = ("last_updated", ("user", LinkFilter), ("author", LinkFilter))
    search_fields = ("user__username", "author__name", "author__identifier")
