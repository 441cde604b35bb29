"""Clients of OAuth: programs that may ask for tokens, and the accounts of services."""

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

#: The name of clients in events.
KIND = "oauth_client"


class Grant(models.TextChoices):
    """How a client gets its tokens; each has one way."""

    DEVICE = AbstractApplication.GRANT_DEVICE_CODE, "device code"
    CODE = AbstractApplication.GRANT_AUTHORIZATION_CODE, "authorization code"
    SERVICE = AbstractApplication.GRANT_CLIENT_CREDENTIALS, "client credentials"


#: The public clients that programs count on, with the names that people see.
WELL_KNOWN = {
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
    """Register a client; return it and its secret, which is not kept ("" if public).

    A client of ``Grant.SERVICE`` gets an account of its own with these roles, named
    like the client. Raises ``Duplicate`` and ``InvalidInput``.
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
    record_events(KIND, [client.pk], CREATED, by=by)
    return client, "" if public else secret


@atomic
def change_client(pk: int, values: Values, *, by: User) -> Application:
    """Change the name or the addresses of a client that people return to."""
    client = _own(pk, by)
    changes = {
        name: (getattr(client, name), value)
        for name, value in values.items()
        if getattr(client, name) != value
    }
    for name, (_, new) in changes.items():
        setattr(client, name, new)
    _save(client)
    if changes:
        record_events(KIND, [pk], UPDATED, by=by, changes=changes)
    return client


@atomic
def replace_secret(pk: int, *, by: User | None) -> str:
    """Give a confidential client another secret, and return it; it is not kept.

    That of a service lets one act as its account, so that it takes who may manage this.
    """
    client = _own(pk, by)
    account = client.user
    if by is not None and account is not None and not may_manage(by, account):
        raise Forbidden("Only a superuser may sign in as an account that may do this.")
    secret = secrets.token_urlsafe(32)
    client.client_secret = secret
    client.save(update_fields=["client_secret", "updated"])
    hidden = {"client_secret": (None, None)}
    record_events(KIND, [pk], UPDATED, by=by, changes=hidden)
    return secret


@atomic
def delete_client(pk: int, *, by: User) -> None:
    """Remove a client; all its sessions end with it, an account of its own stays."""
    client = _own(pk, by)
    record_events(KIND, [pk], DELETED, by=by)
    client.delete()


def make_well_known_clients() -> None:
    """Register the public clients that programs count on, where they are missing."""
    known = set(
        Application.objects.filter(client_id__in=WELL_KNOWN).values_list(
            "client_id", flat=True
        )
    )
    for client_id, name in WELL_KNOWN.items():
        if client_id not in known:
            create_client(
                client_id=client_id, name=name, grant=Grant.DEVICE, public=True
            )


def _require_administrator(by: User | None) -> None:
    if by is not None and not is_administrator(by):
        raise Forbidden("Only an administrator may change clients.")


def _own(pk: int, by: User | None) -> Application:
    _require_administrator(by)
    client = Application.objects.select_for_update().filter(pk=pk).first()
    if client is None:
        raise NotFound(f"Client {pk} does not exist.")
    return client


def _save(client: Application) -> None:
    """Check and store a client; its secret is hashed by its own field."""
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
