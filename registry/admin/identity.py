"""Accounts, roles and API tokens."""

from __future__ import annotations

import copy
from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import ObjectDoesNotExist
from django.utils.html import format_html
from social_django import admin as _social_pages  # noqa: F401 (registers them)
from social_django.models import Association, Nonce, UserSocialAuth

from registry.admin.accounts import AccountForm, NewAccountForm
from registry.admin.base import ReadOnlyAdmin, RegistryAdmin, person
from registry.admin.filters import LinkFilter, RoleFilter
from registry.admin.passwords import PasswordForm
from registry.admin.records import ServiceAdmin
from registry.admin.related import address, filter_name
from registry.catalogue.record_types import PEOPLE
from registry.identity import accounts
from registry.identity.models import ApiToken, User
from registry.identity.roles import ROLES, is_administrator, may_manage
from registry.identity.services import create_user, revoke_token

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet
    from django.http import HttpRequest, HttpResponse
    from django.utils.safestring import SafeString

# Django's own pages for groups write past the services; those of social-auth show what
# nobody needs, and would let people sign in as others
for model in (Group, UserSocialAuth, Association, Nonce):
    admin.site.unregister(model)


@admin.register(User)
class AccountAdmin(ServiceAdmin, UserAdmin):  # type: ignore[type-arg]
    """Accounts. Nobody gives here what they do not hold themselves."""

    section = PEOPLE
    form = AccountForm
    add_form = NewAccountForm
    add_form_template = "admin/auth/user/add_form.html"
    fieldsets = (
        (None, {"fields": ("username", "password", "full_name", "email", "orgs")}),
        ("What they may do", {"fields": ("is_active", "is_staff", "is_superuser")}),
        ("Roles", {"fields": ("roles", "groups", "user_permissions")}),
        ("Signing in", {"fields": ("token", "last_login", "date_joined")}),
    )
    add_fieldsets = (
        (
            None,
            {
                "classes": ("wide",),
                "fields": (
                    *("username", "full_name", "email"),
                    *("usable_password", "password1", "password2"),
                ),
            },
        ),
    )
    list_display = (
        *("username", "full_name", "email", "held_roles"),
        *("is_active", "is_staff", "token"),
    )
    list_filter = (RoleFilter, "is_active", "is_staff", "is_superuser", "last_login")
    list_select_related = ("api_token",)
    filter_horizontal = ()
    search_fields = ("username", "full_name", "email")
    ordering = ("username",)
    actions = ("revoke_tokens",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let people change accounts that may do less than their own."""
        if not super().has_change_permission(request, obj):
            return False
        return obj is None or may_manage(request.user, obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Fetch the roles of all accounts together."""
        return super().get_queryset(request).prefetch_related("groups")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Let nobody edit what the service would refuse them."""
        fields = ["token", "last_login", "date_joined"]
        if not request.user.is_superuser:
            fields += accounts.SUPERUSER_FIELDS
        if not is_administrator(request.user):
            fields += [*accounts.ADMINISTRATOR_FIELDS, "roles"]
        return fields

    def store(self, request: HttpRequest, obj: Any, form: Any) -> Model:
        """Make an account, or change it."""
        if obj.pk is None:
            return create_user(**form.account(), by=person(request))
        return accounts.change_user(obj.pk, form.values(), by=person(request))

    def user_change_password(
        self,
        request: HttpRequest,
        id: str,  # noqa: A002 (the address names it)
        form_url: str = "",
    ) -> HttpResponse:
        """Set a person's password; the form must know who does so."""
        page = copy.copy(self)
        page.change_password_form = partial(PasswordForm, by=person(request))
        return super(AccountAdmin, page).user_change_password(request, id, form_url)

    @admin.display(description="roles")
    def held_roles(self, user: User) -> str:
        """Name the groups of an account."""
        return ", ".join(sorted(group.name for group in user.groups.all()))

    @admin.display(description="roles")
    def roles(self, user: User) -> str:
        """Name the groups to those who cannot change them."""
        return self.held_roles(user)

    @admin.display(description="API token")
    def token(self, user: User) -> SafeString | str:
        """Tell whether the person has a token, and since when."""
        try:
            made = user.api_token.created
        except ObjectDoesNotExist:
            return "none"
        return format_html(
            '<a href="{}?{}={}">made {}</a>',
            address(ApiToken, "changelist"),
            filter_name(ApiToken._meta.get_field("user")),
            user.pk,
            f"{made:%d %b %Y, %H:%M}",
        )

    @admin.action(description="Revoke the API tokens", permissions=["change"])
    def revoke_tokens(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """End the API tokens of the people chosen."""
        _revoke(self, request, queryset)


@admin.register(Group)
class GroupAdmin(ServiceAdmin):
    """Groups: the roles of the registry, and any others that carry permissions."""

    section = PEOPLE
    event_kind = accounts.GROUP_KIND
    fields = ("name", "permissions")
    list_display = ("name",)
    search_fields = ("name",)
    ordering = ("name",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Let administrators add groups: permissions are given by them."""
        return is_administrator(request.user)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let administrators change groups."""
        return is_administrator(request.user)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Keep the name of a role."""
        return ["name"] if obj is not None and obj.name in ROLES else []

    def store(self, request: HttpRequest, obj: Any, form: Any) -> Model:
        """Make a group, or change it."""
        values, by = form.values(), person(request)
        if obj.pk is None:
            return accounts.create_group(**values, by=by)
        return accounts.change_group(obj.pk, values, by=by)


@admin.register(Permission)
class PermissionAdmin(ReadOnlyAdmin):
    """Permissions, to be found from the forms of accounts and groups."""

    list_display = ("name", "codename", "content_type")
    list_select_related = ("content_type",)
    search_fields = ("name", "codename")

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Leave them off the start page."""
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Fetch what a permission is called by."""
        return super().get_queryset(request).select_related("content_type")


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnlyAdmin):
    """API tokens: whose, since when, and when used; nobody here knows their keys."""

    section = PEOPLE
    fields = ("user", "created", "last_used")
    list_display = ("user", "created", "last_used")
    list_filter = ("created", "last_used", ("user", LinkFilter))
    list_select_related = ("user",)
    search_fields = ("user__username", "user__full_name", "user__email")
    actions = ("revoke",)

    def lookup_allowed(
        self, lookup: str, value: Any, request: HttpRequest | None = None
    ) -> bool:
        """Let nobody find out a digest by filtering."""
        if lookup.startswith("digest"):
            return False
        return super().lookup_allowed(lookup, value, request)

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Let revoke tokens who may change accounts."""
        return self.admin_site.get_model_admin(User).has_change_permission(request)

    @admin.action(description="Revoke the tokens", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """End the tokens chosen."""
        _revoke(self, request, User.objects.filter(api_token__in=queryset))


@admin.register(UserSocialAuth)
class LinkedAccountAdmin(ReadOnlyAdmin):
    """Which account elsewhere, such as on GitHub, signs a person in."""

    section = PEOPLE
    fields = ("user", "provider", "uid", "created", "modified")
    list_display = ("user", "provider", "uid", "created")
    list_filter = ("created", ("user", LinkFilter))
    list_select_related = ("user",)
    search_fields = ("user__username", "user__full_name", "=uid")


def _revoke(page: RegistryAdmin, request: HttpRequest, users: QuerySet[Any]) -> None:
    """End the API tokens of people whose accounts this person may change."""
    by = person(request)
    chosen = list(users.prefetch_related("groups"))
    allowed = [user for user in chosen if may_manage(by, user)]
    ended = sum(revoke_token(user=user, by=by) for user in allowed)
    page.message_user(request, f"API tokens revoked: {ended}.")
    if len(allowed) < len(chosen):
        refused = len(chosen) - len(allowed)
        page.message_user(
            request,
            f"Accounts left alone, for they may do as much as yours: {refused}.",
            messages.WARNING,
        )
