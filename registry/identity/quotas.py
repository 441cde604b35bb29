"""The storage quota of an account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

from registry.identity.roles import is_administrator

if TYPE_CHECKING:
    from registry.identity.models import User

_MEGABYTE = 1024 * 1024


def quota_of(user: User) -> int | None:
    """Return how many bytes an account can store in all; None means no limit.

    Administrators are exempt: they decide the quota.
    """
    if settings.QUOTA_MB is None or is_administrator(user):
        return None
    quota: int = settings.QUOTA_MB * _MEGABYTE
    return quota
