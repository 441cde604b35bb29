"""Ending all that a person let programs do, and what they are about to let them do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from oauth2_provider.models import Grant as AuthorizationCode

from registry.identity.oauth.models import DeviceCode
from registry.identity.oauth.sessions import end_sessions_of

if TYPE_CHECKING:
    from registry.identity.models import User


@transaction.atomic
def end_programs(*, user: User, by: User) -> int:
    """End all sessions of programs for a person; return how many that were.

    Codes that the person approved and nobody has used yet are of no use any more.
    """
    approved = DeviceCode.objects.filter(user=user, state=DeviceCode.State.APPROVED)
    approved.update(state=DeviceCode.State.DENIED)
    AuthorizationCode.objects.filter(user=user).delete()
    return end_sessions_of(user, by=by)
