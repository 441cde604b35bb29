"""Start, refresh and end the sessions of OAuth clients.

A refresh token is not rotated, so that two programs can share a saved one. It has 256
random bits, so that one round of hashing is enough, as for an API token.
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
    ONLINE_LIFETIME,
    ClientSession,
    ClientSessionQuerySet,
    new_sid,
    offline_lifetime,
)
from registry.identity.roles import may_manage
from registry.identity.services import secret_digest

if TYPE_CHECKING:
    from oauth2_provider.models import Application

    from registry.core.verbs import Verb
    from registry.identity.models import User


#: How long administrators can see a session after it ended.
_RETENTION = timedelta(days=30)


def new_refresh_token() -> str:
    """Return a new random refresh token."""
    return secrets.token_urlsafe(32)


def new_session(*, client: Application, user: User, scope: str) -> ClientSession:
    """Return an unsaved session, so that a token can refer to it."""
    session = ClientSession(client=client, user=user, sid=new_sid())
    session.grant(scope)
    return session


@atomic
def start_session(
    session: ClientSession, *, refresh_token: str, code: str = ""
) -> ClientSession:
    """Save a new session; ``code`` is the authorization code that started it."""
    session.refresh_digest = secret_digest(refresh_token)
    session.code_digest = secret_digest(code) if code else ""
    _record_use(session)
    session.save(force_insert=True)
    _record_event(verbs.SESSION_STARTED, session)
    return session


@atomic
def get_service_session(
    *, client: Application, user: User, scope: str
) -> ClientSession:
    """Return the session of a service account; start it if there is none."""
    session, began = ClientSession.objects.get_or_create(
        client=client, user=user, refresh_digest=None, ended=None
    )
    session.grant(scope)
    _record_use(session)
    session.save()
    if began:
        _record_event(verbs.SERVICE_SIGNED_IN, session)
    return session


@atomic
def renew_session(*, refresh_token: str, client: Application) -> ClientSession | None:
    """Return the session of a refresh token, and store that it is used.

    Return None if the client has no such session, or if it has ended.
    """
    session = (
        ClientSession.objects.active()
        .select_related("client", "user")
        .filter(refresh_digest=secret_digest(refresh_token), client=client)
        .filter(user__is_active=True)
        .first()
    )
    if session is not None:
        _record_use(session)
        session.save(update_fields=["last_used", "address", "agent"])
    return session


@atomic
def end_session(pk: int, *, by: User, own: bool = False) -> ClientSession:
    """Revoke a session of ``by``, or of an account that they can manage.

    ``own`` allows only the former. Raises ``NotFound`` for a session that does not
    exist or has ended.
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
def end_session_by_sid(sid: str, *, client: Application) -> None:
    """End the session of an access token of this client."""
    _end_all(ClientSession.objects.filter(sid=sid, client=client))


@atomic
def end_session_by_refresh_token(refresh_token: str, *, client: Application) -> None:
    """End the session of a refresh token of this client."""
    found = ClientSession.objects.filter(refresh_digest=secret_digest(refresh_token))
    _end_all(found.filter(client=client))


@atomic
def end_session_by_code(code: str, *, client: Application) -> None:
    """End the session of an authorization code that is reused (RFC 6749, 4.1.2)."""
    _end_all(
        ClientSession.objects.filter(code_digest=secret_digest(code), client=client)
    )


def delete_old_sessions() -> int:
    """Delete sessions that ended or expired a month ago; return how many."""
    before = timezone.now() - _RETENTION
    ended = Q(ended__lt=before)
    unused = Q(offline=True, last_used__lt=before - offline_lifetime())
    unused |= Q(offline=False, last_used__lt=before - ONLINE_LIFETIME)
    # a service starts another session with its next token
    removed, _ = ClientSession.objects.filter(ended | unused).delete()
    return removed


@atomic
def end_all_sessions(user: User, *, by: User) -> int:
    """End all client sessions of a person; return how many there were."""
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
    # nobody can use the refresh token any more
    session.refresh_digest = None
    session.save(update_fields=["ended", "refresh_digest"])
    _record_event(verbs.SESSION_REVOKED, session, by=by)


def _record_use(session: ClientSession) -> None:
    session.last_used = timezone.now()
    session.address = context.address.get()
    session.agent = context.client.get()


def _record_event(
    verb: Verb, session: ClientSession, *, by: User | None = None
) -> None:
    audit.record(
        verb,
        person=session.user,
        subject=session.client.name or session.client.client_id,
        client=session.client.client_id,
        detail={"session": session.pk, "scope": session.scope},
        by=by,
    )
