"""The account page: roles, requests, token, sessions, quota and records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib.auth.decorators import login_required
from django.db.models import Exists, OuterRef, Q
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from registry.catalogue.models import ObjectComponent
from registry.core.models import Event
from registry.core.record_types import record_kinds, record_type_named
from registry.core.verbs import CREATED
from registry.identity.browser_sessions import sessions_of
from registry.identity.models import ApiToken, RoleRequest
from registry.identity.oauth.models import ClientSession
from registry.identity.oauth.scopes import scope_descriptions
from registry.identity.quotas import quota_of
from registry.identity.roles import is_administrator, roles_of
from registry.identity.social import linked_account
from registry.storage.services import bytes_stored_by
from registry.web.describe import link_to
from registry.web.views.roles import meanings_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from registry.identity.models import User

#: The largest number of own records on the page.
MAX_SHOWN = 20
#: The largest number of browsers on the page; all can be signed out at once.
MAX_BROWSERS = 50
#: The components ``whole_object``, which are registered together with objects.
_OF_WHOLE_OBJECT = Q(
    Q(kind=ObjectComponent.kind),
    Exists(ObjectComponent.objects.filter(pk=OuterRef("record_id"), whole_object=True)),
)


@never_cache
@login_required
@require_safe
def account(request: HttpRequest) -> HttpResponse:
    """Show the account of the person who is signed in."""
    user = cast("User", request.user)
    return render(
        request,
        "web/account.html",
        {
            "roles": meanings_of(roles_of(user)),
            "administrator": is_administrator(user),
            "role_requests": RoleRequest.objects.filter(user=user)[:MAX_SHOWN],
            "waiting": _count_open_requests() if is_administrator(user) else 0,
            "github_account": linked_account(user),
            "token": ApiToken.objects.filter(user=user).first(),
            "browsers": list(sessions_of(user)[:MAX_BROWSERS]),
            "sessions": [
                (session, scope_descriptions(session.scope))
                for session in ClientSession.objects.active().for_user(user)
            ],
            "stored": bytes_stored_by(user.pk),
            "quota": quota_of(user),
            "records": _newest_records(user),
        },
    )


def _count_open_requests() -> int:
    """Return the number of open role requests."""
    return RoleRequest.objects.filter(state=RoleRequest.State.OPEN).count()


def _newest_records(user: User) -> list[dict[str, Any]]:
    """Return the newest records that a person registered."""
    events = (
        Event.objects.filter(by=user, action=CREATED.name, kind__in=record_kinds())
        .exclude(_OF_WHOLE_OBJECT)
        .order_by("-id")[:MAX_SHOWN]
    )
    wanted: dict[str, list[int]] = {}
    for event in events:
        # only events of accounts can lack an id, and accounts have no pages
        wanted.setdefault(event.kind, []).append(event.record_id or 0)
    records = {
        (kind, record.pk): record
        for kind, ids in wanted.items()
        for record in record_type_named(kind).model._default_manager.filter(pk__in=ids)
    }
    return [
        {
            "title": record_type_named(event.kind).title,
            "link": link_to(records[event.kind, event.record_id]),
            "at": event.at,
        }
        for event in events
        if (event.kind, event.record_id) in records
    ]
