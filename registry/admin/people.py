"""The pages of authors, how to reach them, and which accounts are theirs."""

from __future__ import annotations

from django.contrib import admin

from registry.admin.columns import CHANGE_COLUMNS
from registry.admin.filters import LinkFilter
from registry.admin.records import RecordAdmin
from registry.catalogue.models import Author, AuthorContact, UserAuthor


@admin.register(Author)
class AuthorAdmin(RecordAdmin):
    """Authors. The UUID is derived from the identifier, even if it is added later."""

    list_display = ("__str__", "identifier", "uuid", *CHANGE_COLUMNS)
    search_fields = ("name", "identifier")


@admin.register(UserAuthor)
class UserAuthorAdmin(RecordAdmin):
    """Links between accounts and authors."""

    locked_fields = ("user",)
    list_display = ("id", "user", "author", *CHANGE_COLUMNS)
    list_display_links = ("id", "user")
    list_filter = ("last_updated", ("user", LinkFilter), ("author", LinkFilter))
    search_fields = ("user__username", "author__name", "author__identifier")


@admin.register(AuthorContact)
class AuthorContactAdmin(RecordAdmin):
    """How to reach authors, for administrators."""

    locked_fields = ("author",)
    list_display = ("__str__", "author", "email", *CHANGE_COLUMNS)
    search_fields = ("email", "given_name", "family_name", "author__name")
