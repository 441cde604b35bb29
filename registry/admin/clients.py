"""The pages of OAuth clients, their sessions and their device codes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.template.response import TemplateResponse
from oauth2_provider import admin as _toolkits_pages  # noqa: F401 (registers them)
from oauth2_provider.models import (
    AccessToken,
    Application,
    Grant,
    IDToken,
    RefreshToken,
)

from registry.admin.accounts import role_options
from registry.admin.base import ReadOnlyAdmin, signed_in_user
from registry.admin.filters import LinkFilter
from registry.admin.forms import ServiceForm
from registry.admin.records import ServiceAdmin
from registry.catalogue.record_types import PEOPLE
from registry.core.errors import Forbidden
from registry.identity.models import User
from registry.identity.oauth import clients
from registry.identity.oauth.models import ClientSession, DeviceCode
from registry.identity.oauth.sessions import end_session
from registry.identity.roles import is_administrator, may_manage

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet
    from django.http import HttpRequest, HttpResponse

# the toolkit's own pages do not use the services, and most show unused models
for model in (AccessToken, Application, Grant, IDToken, RefreshToken):
    admin.site.unregister(model)


class ClientForm(ServiceForm):
    """The form of a client, whose grant type is set when it is created."""

    authorization_grant_type = forms.ChoiceField(
        label="Grant",
        choices=clients.Grant.choices,
        help_text="How the client gets tokens. Client credentials are for services; "
        "each gets an account of its own with the name of the client.",
    )
    roles = forms.MultipleChoiceField(
        choices=role_options,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="The roles of the account of a service.",
    )

    class Meta:
        model = Application
        fields = (
            *("client_id", "name", "authorization_grant_type", "client_type"),
            *("redirect_uris", "roles"),
        )
        help_texts = {
            "client_id": "The name that the program sends.",
            "name": "The name that people see when they authorise the program.",
            "client_type": "Public if the program cannot keep a secret, like a script.",
            "redirect_uris": "The addresses that receive the authorization code, "
            "separated by spaces.",
        }

    def client(self) -> dict[str, Any]:
        """Return the arguments of the service that creates the client."""
        given = self.cleaned_data
        return {
            "client_id": given["client_id"],
            "name": given["name"],
            "grant": clients.Grant(given["authorization_grant_type"]),
            "public": given["client_type"] == Application.CLIENT_PUBLIC,
            "redirect_uris": given["redirect_uris"].split(),
            "roles": given["roles"],
        }


@admin.register(Application)
class ClientAdmin(ServiceAdmin):
    """Clients. A secret is shown only once, when it is generated."""

    section = PEOPLE
    event_kind = clients.CLIENT_KIND
    deletable = True
    form = ClientForm
    list_display = (
        *("client_id", "name", "authorization_grant_type", "client_type"),
        *("user", "created"),
    )
    list_filter = ("authorization_grant_type", "client_type", "created")
    list_select_related = ("user",)
    search_fields = ("client_id", "name")
    ordering = ("client_id",)
    actions = ("replace_secrets",)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Require an administrator."""
        return is_administrator(request.user)

    has_change_permission = has_view_permission
    has_delete_permission = has_view_permission

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Require an administrator."""
        return is_administrator(request.user)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Require an administrator."""
        return is_administrator(request.user)

    def lookup_allowed(
        self, lookup: str, value: Any, request: HttpRequest | None = None
    ) -> bool:
        """Refuse filters by a digest, which could reveal it."""
        if lookup.startswith("client_secret"):
            return False
        return super().lookup_allowed(lookup, value, request)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the fields of a client, or of the form of a new one."""
        if obj is None:
            return ClientForm.Meta.fields
        return (
            *("client_id", "name", "authorization_grant_type", "client_type"),
            *("redirect_uris", "user", "created", "updated"),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Return the fields that cannot be changed once the client exists."""
        if obj is None:
            return []
        fields = ["client_id", "authorization_grant_type", "client_type"]
        return [*fields, "user", "created", "updated"]

    def store(self, request: HttpRequest, obj: Any, form: Any) -> Model:
        """Create or change a client."""
        by = signed_in_user(request)
        client: Model
        if obj.pk is not None:
            client = clients.change_client(obj.pk, form.values(), by=by)
        else:
            client, secret = clients.create_client(**form.client(), by=by)
            request.secret = secret  # type: ignore[attr-defined]
        return client

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the secret of a new client, if it has one."""
        secret: str = getattr(request, "secret", "")
        if not secret:
            return super().response_add(request, obj, post_url_continue)
        return self._secret_response(request, obj, secret)

    @admin.action(description="Replace the secret", permissions=["change"])
    def replace_secrets(
        self, request: HttpRequest, queryset: QuerySet[Any]
    ) -> HttpResponse | None:
        """Replace the secret of the selected client, and show it."""
        chosen = list(queryset.filter(client_type=Application.CLIENT_CONFIDENTIAL)[:2])
        if len(chosen) != 1:
            text = "Select one client that has a secret."
            self.message_user(request, text, messages.ERROR)
            return None
        try:
            secret = clients.replace_secret(chosen[0].pk, by=signed_in_user(request))
        except Forbidden as error:
            self.message_user(request, error.detail, messages.ERROR)
            return None
        return self._secret_response(request, chosen[0], secret)

    def _secret_response(
        self, request: HttpRequest, client: Any, secret: str
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": f"The secret of {client.client_id}",
            "opts": self.opts,
            "client": client,
            "secret": secret,
        }
        return TemplateResponse(request, "admin/registry/client_secret.html", context)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Return only the clients; their sessions end with them."""
        return [f"{client} and all its sessions" for client in objs], {}, set(), []

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete a client with the service."""
        clients.delete_client(obj.pk, by=signed_in_user(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Delete the selected clients with the service."""
        for client in queryset:
            self.delete_model(request, client)


@admin.register(ClientSession)
class ClientSessionAdmin(ReadOnlyAdmin):
    """Sessions: the access that people gave to clients. Tokens are not shown."""

    section = PEOPLE
    fields = (
        *("client", "user", "scope", "offline", "created", "last_used"),
        *("address", "agent", "ended"),
    )
    list_display = (
        *("client", "user", "offline", "created", "last_used", "address", "ended"),
    )
    list_filter = ("offline", "created", "ended", ("user", LinkFilter))
    list_select_related = ("client", "user")
    search_fields = ("client__client_id", "user__username", "user__full_name")
    actions = ("revoke",)

    def lookup_allowed(
        self, lookup: str, value: Any, request: HttpRequest | None = None
    ) -> bool:
        """Refuse filters by a digest, which could reveal it."""
        if lookup.startswith(("refresh_digest", "code_digest", "sid")):
            return False
        return super().lookup_allowed(lookup, value, request)

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Require permission to change accounts."""
        return self.admin_site.get_model_admin(User).has_change_permission(request)

    @admin.action(description="Revoke access", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """End the selected sessions of accounts that the user can manage."""
        by, ended = signed_in_user(request), 0
        for session in queryset.filter(ended__isnull=True).select_related("user"):
            if may_manage(by, session.user):
                end_session(session.pk, by=by)
                ended += 1
        self.message_user(request, f"Sessions revoked: {ended}.")


@admin.register(DeviceCode)
class DeviceCodeAdmin(ReadOnlyAdmin):
    """Requests of devices for authorisation. Their codes are not shown."""

    section = PEOPLE
    fields = (
        *("client", "state", "user", "scope", "created", "expires"),
        *("address", "agent"),
    )
    list_display = ("client", "state", "user", "created", "expires", "address")
    list_filter = ("state", "created")
    list_select_related = ("client", "user")
    search_fields = ("client__client_id", "user__username")

    def lookup_allowed(
        self, lookup: str, value: Any, request: HttpRequest | None = None
    ) -> bool:
        """Refuse filters by a code, which could reveal it."""
        if lookup.startswith(("digest", "user_code", "challenge")):
            return False
        return super().lookup_allowed(lookup, value, request)
