"""Revoke everything that OAuth clients can do for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from oauth2_provider.models import Grant as AuthorizationCode

from registry.identity.oauth.models import DeviceCode
from registry.identity.oauth.sessions import end_all_sessions

if TYPE_CHECKING:
    from registry.identity.models import User


@transaction.atomic
def revoke_client_access(*, user: User, by: User) -> int:
    """End all client sessions of a person; return how many there were.

    This also revokes approved codes that were not used yet.
    """
    approved = DeviceCode.objects.filter(user=user, state=DeviceCode.State.APPROVED)
    approved.update(state=DeviceCode.State.DENIED)
    AuthorizationCode.objects.filter(user=user).delete()
    return end_all_sessions(user, by=by)
