"""Where a person is signed in: the sessions of browsers, with a row for each.

The row goes with Django's session, however that ends: by signing out, by expiry, or
from the account page. Only the digest of a session's key goes into the cache.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import DatabaseError, transaction
from django.utils import timezone

from registry.core import context
from registry.core.errors import NotFound
from registry.core.transactions import atomic
from registry.identity import audit, verbs
from registry.identity.models import BrowserSession
from registry.identity.services import secret_digest

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from registry.identity.models import User

#: How precisely the last visit is stored, so that not every page writes to the row.
PRECISION = timedelta(minutes=5)


def remember(user: User, key: str, *, began: datetime | None = None) -> None:
    """Store that a person is signed in with the session of this key."""
    now = timezone.now()
    BrowserSession.objects.update_or_create(
        session_id=key,
        defaults={"user": user, "began": began or now, "last_seen": now, **_origin()},
    )
    _is_due(key)


def see(user: User, key: str) -> None:
    """Store that a session is in use, unless that was stored minutes ago.

    A database that cannot write now, for example on a full disk, stores nothing; the
    page is shown all the same.
    """
    if not _is_due(key):
        return
    with suppress(DatabaseError), transaction.atomic():
        known = BrowserSession.objects.filter(session_id=key)
        if known.update(last_seen=timezone.now(), **_origin()):
            return
        if Session.objects.filter(pk=key).exists():
            remember(user, key)


def sessions_of(user: User) -> QuerySet[BrowserSession]:
    """Return the sessions of a person that have not expired, the latest seen first."""
    rows = BrowserSession.objects.filter(
        user=user, session__expire_date__gt=timezone.now()
    )
    return rows.order_by("-last_seen", "-pk")


@atomic
def end(pk: int, *, by: User) -> BrowserSession:
    """Sign a person out of one of their own browsers."""
    row = BrowserSession.objects.select_for_update().filter(pk=pk, user=by).first()
    if row is None:
        raise NotFound("There is no such session any more.")
    _end(row, by=by)
    return row


@atomic
def end_all(user: User, *, by: User, but: str = "") -> int:
    """Sign a person out everywhere, except in the session of the key ``but``.

    Return how many sessions ended.
    """
    rows = BrowserSession.objects.select_for_update().filter(user=user)
    ended = list(rows.exclude(session_id=but))
    for row in ended:
        _end(row, by=by)
    return len(ended)


def _end(row: BrowserSession, *, by: User) -> None:
    detail = {"elsewhere": row.agent}
    audit.record(verbs.SIGNED_OUT, person=row.user, by=by, detail=detail)
    # our own row goes with it
    Session.objects.filter(pk=row.session_id).delete()


def _origin() -> dict[str, str]:
    return {"address": context.address.get(), "agent": context.client.get()}


def _is_due(key: str) -> bool:
    """Return whether a visit is to be stored; not again for some minutes."""
    name = f"browser-session-{secret_digest(key)}"
    return bool(cache.add(name, 1, PRECISION.total_seconds()))
