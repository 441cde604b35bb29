"""OAuth clients: programs that can request tokens, and the accounts of services."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from oauth2_provider.models import AbstractApplication, Application

from registry.core.errors import Duplicate, Forbidden, InvalidInput, NotFound
from registry.core.events import record_events
from registry.core.transactions import atomic
from registry.core.verbs import CREATED, DELETED, UPDATED
from registry.identity.roles import is_administrator, may_manage
from registry.identity.services import create_user

if TYPE_CHECKING:
    from collections.abc import Iterable

    from registry.core.records import Values
    from registry.identity.models import User

#: The kind of clients in events.
CLIENT_KIND = "oauth_client"


class Grant(models.TextChoices):
    """The grant type of a client; each client has one."""

    DEVICE = AbstractApplication.GRANT_DEVICE_CODE, "device code"
    CODE = AbstractApplication.GRANT_AUTHORIZATION_CODE, "authorization code"
    SERVICE = AbstractApplication.GRANT_CLIENT_CREDENTIALS, "client credentials"


#: The public clients that existing programs expect, with the names that people see.
WELL_KNOWN_CLIENTS = {
    "registry-scripts": "A script",
    "iceprod-public": "IceProd scripts",
    "client-tools": "Provena client",
    "automated-access": "Provena client, unattended",
}


@atomic
def create_client(
    *,
    client_id: str,
    name: str,
    grant: Grant,
    public: bool = False,
    redirect_uris: Iterable[str] = (),
    roles: Iterable[str] = (),
    by: User | None = None,
) -> tuple[Application, str]:
    """Register a client; return it and its secret, which is not stored ("" if public).

    With ``Grant.SERVICE``, this creates an account with the name of the client and
    these roles. Raises ``Duplicate`` and ``InvalidInput``.
    """
    _require_administrator(by)
    if public and grant == Grant.SERVICE:
        raise InvalidInput({"public": ["A service account needs a secret."]})
    secret = secrets.token_urlsafe(32)
    client = Application(
        client_id=client_id,
        name=name,
        client_type=Application.CLIENT_PUBLIC
        if public
        else Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=grant,
        redirect_uris=" ".join(redirect_uris),
        client_secret=secret,
    )
    if grant == Grant.SERVICE:
        client.user = create_user(
            username=client_id, full_name=name, roles=roles, by=by
        )
    _save(client)
    record_events(CLIENT_KIND, [client.pk], CREATED, by=by)
    return client, "" if public else secret


@atomic
def change_client(pk: int, values: Values, *, by: User) -> Application:
    """Change the name or the redirect URIs of a client."""
    client = _lock_client(pk, by)
    changes = {
        name: (getattr(client, name), value)
        for name, value in values.items()
        if getattr(client, name) != value
    }
    for name, (_, new) in changes.items():
        setattr(client, name, new)
    _save(client)
    if changes:
        record_events(CLIENT_KIND, [pk], UPDATED, by=by, changes=changes)
    return client


@atomic
def replace_secret(pk: int, *, by: User | None) -> str:
    """Replace the secret of a confidential client; return the new, unstored one.

    The secret of a service gives access to its account, so ``by`` must be able to
    manage that account.
    """
    client = _lock_client(pk, by)
    account = client.user
    if by is not None and account is not None and not may_manage(by, account):
        raise Forbidden("Only a superuser may sign in as an account that may do this.")
    secret = secrets.token_urlsafe(32)
    client.client_secret = secret
    client.save(update_fields=["client_secret", "updated"])
    hidden = {"client_secret": (None, None)}
    record_events(CLIENT_KIND, [pk], UPDATED, by=by, changes=hidden)
    return secret


@atomic
def delete_client(pk: int, *, by: User) -> None:
    """Delete a client and its sessions; the account of a service is kept."""
    client = _lock_client(pk, by)
    record_events(CLIENT_KIND, [pk], DELETED, by=by)
    client.delete()


def create_well_known_clients() -> None:
    """Register the public clients that existing programs expect, if missing."""
    known = set(
        Application.objects.filter(client_id__in=WELL_KNOWN_CLIENTS).values_list(
            "client_id", flat=True
        )
    )
    for client_id, name in WELL_KNOWN_CLIENTS.items():
        if client_id not in known:
            create_client(
                client_id=client_id, name=name, grant=Grant.DEVICE, public=True
            )


def _require_administrator(by: User | None) -> None:
    if by is not None and not is_administrator(by):
        raise Forbidden("Only an administrator may change clients.")


def _lock_client(pk: int, by: User | None) -> Application:
    _require_administrator(by)
    client = Application.objects.select_for_update().filter(pk=pk).first()
    if client is None:
        raise NotFound(f"Client {pk} does not exist.")
    return client


def _save(client: Application) -> None:
    """Validate and save a client; the model field hashes the secret."""
    try:
        client.full_clean(validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        raise InvalidInput(error.message_dict) from error
    try:
        with transaction.atomic():
            client.save()
    except IntegrityError as error:
        twin = Application.objects.filter(client_id=client.client_id).first()
        raise Duplicate(["client_id"], twin) from error
