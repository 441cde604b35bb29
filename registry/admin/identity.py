"""The pages of accounts, roles and API tokens."""

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
from registry.admin.base import ReadOnlyAdmin, RegistryAdmin, signed_in_user
from registry.admin.filters import LinkFilter, RoleFilter
from registry.admin.passwords import PasswordForm
from registry.admin.records import ServiceAdmin
from registry.admin.related import address, filter_name
from registry.admin.resets import ResetLinkAdmin
from registry.catalogue.record_types import PEOPLE
from registry.identity import accounts
from registry.identity.models import ApiToken, User
from registry.identity.roles import ROLES, is_administrator, may_manage
from registry.identity.services import create_user, revoke_token

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from django.db.models import Model, QuerySet
    from django.http import HttpRequest, HttpResponse
    from django.utils.safestring import SafeString

# Django's own pages for groups do not use the services; those of social-auth are not
# needed, and with them staff could sign in as other people
for model in (Group, UserSocialAuth, Association, Nonce):
    admin.site.unregister(model)


@admin.register(User)
class AccountAdmin(ResetLinkAdmin, UserAdmin):  # type: ignore[type-arg]
    """Accounts. Nobody can grant a permission that they do not have."""

    section = PEOPLE
    form = AccountForm
    add_form = NewAccountForm
    add_form_template = "admin/auth/user/add_form.html"
    fieldsets = (
        (None, {"fields": ("username", "password", "full_name", "email", "orgs")}),
        ("Permissions", {"fields": ("is_active", "is_staff", "is_superuser")}),
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
        """Require permission, and an account with fewer permissions than one's own."""
        if not super().has_change_permission(request, obj):
            return False
        return obj is None or may_manage(request.user, obj)

    # e-mail addresses are shown to administrators only, and to their owners

    def get_list_display(self, request: HttpRequest) -> Any:
        """Return the columns."""
        return _without_addresses(request, self.list_display)

    def get_search_fields(self, request: HttpRequest) -> Any:
        """Return the fields that a search looks through, in autocomplete too."""
        return _without_addresses(request, self.search_fields)

    def lookup_allowed(
        self, lookup: str, value: Any, request: HttpRequest | None = None
    ) -> bool:
        """Refuse to find addresses out by a filter."""
        by_address = lookup.startswith("email")
        if by_address and not (request and is_administrator(request.user)):
            return False
        return super().lookup_allowed(lookup, value, request)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the fields of the form."""
        hidden = self.hidden_fields(request, obj)
        return [
            (title, {**shown, "fields": _without(hidden, shown["fields"])})
            for title, shown in super().get_fieldsets(request, obj)
        ]

    def hidden_fields(self, request: HttpRequest, record: Any) -> Collection[str]:
        """Return the address of somebody else; that of a new account is typed."""
        own = record is None or record.pk == request.user.pk
        return () if own or is_administrator(request.user) else ("email",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the accounts with their groups prefetched."""
        return super().get_queryset(request).prefetch_related("groups")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Return the fields that the service would not let the user change."""
        fields = ["token", "last_login", "date_joined"]
        if not request.user.is_superuser:
            fields += accounts.SUPERUSER_FIELDS
        if not is_administrator(request.user):
            fields += [*accounts.ADMINISTRATOR_FIELDS, "roles"]
        return fields

    def store(self, request: HttpRequest, obj: Any, form: Any) -> Model:
        """Create or change an account."""
        if obj.pk is None:
            return create_user(**form.account(), by=signed_in_user(request))
        return accounts.change_user(obj.pk, form.values(), by=signed_in_user(request))

    def user_change_password(
        self,
        request: HttpRequest,
        id: str,  # noqa: A002 (the address names it)
        form_url: str = "",
    ) -> HttpResponse:
        """Set the password of an account; the form needs the user who does this."""
        page = copy.copy(self)
        page.change_password_form = partial(PasswordForm, by=signed_in_user(request))
        return super(AccountAdmin, page).user_change_password(request, id, form_url)

    @admin.display(description="roles")
    def held_roles(self, user: User) -> str:
        """Return the names of the groups of an account."""
        return ", ".join(sorted(group.name for group in user.groups.all()))

    @admin.display(description="roles")
    def roles(self, user: User) -> str:
        """Return the names of the groups, for users who cannot change them."""
        return self.held_roles(user)

    @admin.display(description="API token")
    def token(self, user: User) -> SafeString | str:
        """Return when the API token was created, with a link to it."""
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
        """Revoke the API tokens of the selected accounts."""
        _revoke_tokens(self, request, queryset)


@admin.register(Group)
class GroupAdmin(ServiceAdmin):
    """Groups: the roles of the registry, and other groups with permissions."""

    section = PEOPLE
    event_kind = accounts.GROUP_KIND
    fields = ("name", "permissions")
    list_display = ("name",)
    search_fields = ("name",)
    ordering = ("name",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Require an administrator, because groups grant permissions."""
        return is_administrator(request.user)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Require an administrator."""
        return is_administrator(request.user)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Return the name, if the group is a role."""
        return ["name"] if obj is not None and obj.name in ROLES else []

    def store(self, request: HttpRequest, obj: Any, form: Any) -> Model:
        """Create or change a group."""
        values, by = form.values(), signed_in_user(request)
        if obj.pk is None:
            return accounts.create_group(**values, by=by)
        return accounts.change_group(obj.pk, values, by=by)


@admin.register(Permission)
class PermissionAdmin(ReadOnlyAdmin):
    """Permissions, for autocomplete in the forms of accounts and groups."""

    list_display = ("name", "codename", "content_type")
    list_select_related = ("content_type",)
    search_fields = ("name", "codename")

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Return False: permissions are not on the start page."""
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the permissions with their content types, which are in their names."""
        return super().get_queryset(request).select_related("content_type")


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnlyAdmin):
    """API tokens: their accounts and times. Their keys are not stored."""

    section = PEOPLE
    fields = ("user", "created", "last_used")
    list_display = ("user", "created", "last_used")
    list_filter = ("created", "last_used", ("user", LinkFilter))
    list_select_related = ("user",)
    search_fields = ("user__username", "user__full_name", "user__email")
    actions = ("revoke",)

    def get_search_fields(self, request: HttpRequest) -> Any:
        """Return the fields that a search looks through."""
        return _without_addresses(request, self.search_fields)

    def lookup_allowed(
        self, lookup: str, value: Any, request: HttpRequest | None = None
    ) -> bool:
        """Refuse filters by a digest, which could reveal it."""
        if lookup.startswith("digest"):
            return False
        return super().lookup_allowed(lookup, value, request)

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Require permission to change accounts."""
        return self.admin_site.get_model_admin(User).has_change_permission(request)

    @admin.action(description="Revoke the tokens", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Revoke the selected tokens."""
        _revoke_tokens(self, request, User.objects.filter(api_token__in=queryset))


@admin.register(UserSocialAuth)
class LinkedAccountAdmin(ReadOnlyAdmin):
    """Accounts on other sites, such as GitHub, with which people sign in."""

    section = PEOPLE
    fields = ("user", "provider", "uid", "created", "modified")
    list_display = ("user", "provider", "uid", "created")
    list_filter = ("created", ("user", LinkFilter))
    list_select_related = ("user",)
    search_fields = ("user__username", "user__full_name", "=uid")


def _without_addresses(request: HttpRequest, names: Sequence[Any]) -> tuple[Any, ...]:
    """Return the names of fields, without addresses unless an administrator asks."""
    addresses = () if is_administrator(request.user) else ("email", "user__email")
    return _without(addresses, names)


def _without(left_out: Collection[str], names: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(name for name in names if name not in left_out)


def _revoke_tokens(
    page: RegistryAdmin, request: HttpRequest, users: QuerySet[Any]
) -> None:
    """Revoke the API tokens of those accounts that the user can change."""
    by = signed_in_user(request)
    chosen = list(users.prefetch_related("groups"))
    allowed = [user for user in chosen if may_manage(by, user)]
    ended = sum(revoke_token(user=user, by=by) for user in allowed)
    page.message_user(request, f"API tokens revoked: {ended}.")
    if len(allowed) < len(chosen):
        refused = len(chosen) - len(allowed)
        page.message_user(
            request,
            f"Accounts skipped, with the same or more permissions: {refused}.",
            messages.WARNING,
        )
