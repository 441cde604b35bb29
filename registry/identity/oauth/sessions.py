"""Sessions of clients: begun, renewed with a refresh token, and ended.

A refresh token is not rotated: two programs that share a saved one both go on. It has
256 random bits, so that one round of hashing keeps it (as an API token's).
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils import timezone

from registry.core import context
from registry.core.errors import Forbidden, NotFound
from registry.core.transactions import atomic
from registry.identity import audit
from registry.identity.oauth import verbs
from registry.identity.oauth.models import (
    ONLINE,
    ClientSession,
    ClientSessionQuerySet,
    new_sid,
    offline_lifetime,
)
from registry.identity.roles import may_manage
from registry.identity.services import digest

if TYPE_CHECKING:
    from oauth2_provider.models import Application

    from registry.core.verbs import Verb
    from registry.identity.models import User


#: How long a session is shown to administrators after it was of any use.
_REMEMBERED = timedelta(days=30)


def new_refresh_token() -> str:
    """Return a new refresh token, which means nothing but itself."""
    return secrets.token_urlsafe(32)


def draft_session(*, client: Application, user: User, scope: str) -> ClientSession:
    """Return a session that is not stored yet, so that a token can name it."""
    session = ClientSession(client=client, user=user, sid=new_sid())
    session.grant(scope)
    return session


@atomic
def begin_session(
    session: ClientSession, *, refresh_token: str, code: str = ""
) -> ClientSession:
    """Store a session; ``code`` is the authorization code that it comes from."""
    session.refresh_digest = digest(refresh_token)
    session.code_digest = digest(code) if code else ""
    _touch(session)
    session.save(force_insert=True)
    _note(verbs.SESSION_STARTED, session)
    return session


@atomic
def service_session(*, client: Application, user: User, scope: str) -> ClientSession:
    """Return the one session of a service account, begun where there is none."""
    session, began = ClientSession.objects.get_or_create(
        client=client, user=user, refresh_digest=None, ended=None
    )
    session.grant(scope)
    _touch(session)
    session.save()
    if began:
        _note(verbs.SERVICE_SIGNED_IN, session)
    return session


@atomic
def renew_session(*, refresh_token: str, client: Application) -> ClientSession | None:
    """Return the session of a refresh token, and note that it is used.

    None where there is none of this client, or it has ended.
    """
    session = (
        ClientSession.objects.live()
        .select_related("client", "user")
        .filter(refresh_digest=digest(refresh_token), client=client)
        .filter(user__is_active=True)
        .first()
    )
    if session is not None:
        _touch(session)
        session.save(update_fields=["last_used", "address", "agent"])
    return session


@atomic
def end_session(pk: int, *, by: User, own: bool = False) -> ClientSession:
    """Revoke a session: one's own, or that of an account one may manage.

    ``own`` leaves no others to be found. Raises ``NotFound`` for one that there is not,
    or that has ended already.
    """
    session = (
        ClientSession.objects.select_for_update(of=("self",))
        .select_related("client", "user")
        .filter(pk=pk, ended__isnull=True)
        .first()
    )
    if session is None or (own and session.user_id != by.pk):
        raise NotFound("There is no such session any more.")
    if not may_manage(by, session.user):
        raise Forbidden("Only a superuser may end what acts for this account.")
    _end(session, by=by)
    return session


@atomic
def end_by_sid(sid: str, *, client: Application) -> None:
    """End the session of an access token, if it is of this client."""
    _end_all(ClientSession.objects.filter(sid=sid, client=client))


@atomic
def end_by_refresh_token(refresh_token: str, *, client: Application) -> None:
    """End the session of a refresh token, if it is of this client."""
    found = ClientSession.objects.filter(refresh_digest=digest(refresh_token))
    _end_all(found.filter(client=client))


@atomic
def end_by_code(code: str, *, client: Application) -> None:
    """End what an authorization code began: it came a second time (RFC 6749, 4.1.2)."""
    _end_all(ClientSession.objects.filter(code_digest=digest(code), client=client))


def forget_sessions() -> int:
    """Remove sessions that ended, or were forgotten, a month ago; return how many."""
    before = timezone.now() - _REMEMBERED
    ended = Q(ended__lt=before)
    unused = Q(offline=True, last_used__lt=before - offline_lifetime())
    unused |= Q(offline=False, last_used__lt=before - ONLINE)
    # those of services are begun anew with the next token
    removed, _ = ClientSession.objects.filter(ended | unused).delete()
    return removed


@atomic
def end_sessions_of(user: User, *, by: User) -> int:
    """End all that programs may do for a person; return how many sessions that were."""
    return _end_all(ClientSession.objects.filter(user=user), by=by)


def _end_all(sessions: ClientSessionQuerySet, *, by: User | None = None) -> int:
    ended = 0
    live = sessions.filter(ended__isnull=True)
    for session in live.select_related("client", "user").select_for_update(
        of=("self",)
    ):
        _end(session, by=by or session.user)
        ended += 1
    return ended


def _end(session: ClientSession, *, by: User) -> None:
    session.ended = timezone.now()
    # the token is of no use any more, whoever finds it
    session.refresh_digest = None
    session.save(update_fields=["ended", "refresh_digest"])
    _note(verbs.SESSION_REVOKED, session, by=by)


def _touch(session: ClientSession) -> None:
    session.last_used = timezone.now()
    session.address = context.address.get()
    session.agent = context.client.get()


def _note(verb: Verb, session: ClientSession, *, by: User | None = None) -> None:
    audit.record(
        verb,
        person=session.user,
        subject=session.client.name or session.client.client_id,
        client=session.client.client_id,
        detail={"session": session.pk, "scope": session.scope},
        by=by,
    )
