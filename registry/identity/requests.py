"""Asking for a role, and what administrators make of it.

A request is decided once: whoever comes second gets ``Conflict``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from registry.core.errors import Conflict, Forbidden, InvalidInput, NotFound
from registry.core.transactions import atomic
from registry.core.verbs import Verb
from registry.identity import audit, verbs
from registry.identity.accounts import grant_role
from registry.identity.models import RoleRequest
from registry.identity.roles import ROLES, is_administrator, roles_of

if TYPE_CHECKING:
    from registry.identity.models import User

#: What administrators can make of a request.
DECISIONS = (RoleRequest.State.GRANTED, RoleRequest.State.REFUSED)
#: No database here has an id that is this large.
_PAST_EVERY_ID = 2**63


@atomic
def request_role(*, role: str, reason: str, by: User) -> RoleRequest:
    """Ask for a role.

    Raises ``InvalidInput`` without a reason or for a role there is not, and
    ``Conflict`` for one that the person holds, or has asked for already.
    """
    if not reason.strip():
        raise InvalidInput({"reason": ["Say why you need the role."]})
    request = RoleRequest(user=by, role=role, reason=reason.strip())
    _check(request)
    if role in roles_of(by):
        raise Conflict(f"You hold the role {role} already.")
    try:
        with transaction.atomic():
            request.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(
            f"You have asked for the role {role} already: that request is waiting."
        ) from error
    _note(verbs.ROLE_REQUESTED, request, by)
    return request


@atomic
def decide_request(pk: int, *, state: str, answer: str = "", by: User) -> RoleRequest:
    """Grant or refuse an open request; a refusal needs a reason.

    Raises ``Forbidden`` to all but administrators, and to those whose own it is.
    """
    if not is_administrator(by):
        raise Forbidden("Only an administrator may decide requests for roles.")
    if state not in DECISIONS:
        raise InvalidInput({"state": [f"Choose from {', '.join(DECISIONS)}."]})
    request = _open(pk)
    if request.user_id == by.pk:
        raise Forbidden("Let another administrator decide your own request.")
    if state == RoleRequest.State.GRANTED:
        _close(request, state, answer, by)
        grant_role(user=request.user, role=request.role, by=by)
        return request
    if not answer.strip():
        raise InvalidInput({"answer": ["Say why: a refusal needs a reason."]})
    _close(request, state, answer, by)
    _note(verbs.ROLE_REFUSED, request, by)
    return request


@atomic
def withdraw_request(pk: int, *, by: User) -> RoleRequest:
    """Take one's own open request back."""
    request = _open(pk, own_of=by)
    _close(request, RoleRequest.State.WITHDRAWN, "", by)
    _note(verbs.ROLE_WITHDRAWN, request, by)
    return request


def _open(pk: int, *, own_of: User | None = None) -> RoleRequest:
    """Fetch a request and keep others from deciding it meanwhile."""
    rows = RoleRequest.objects.select_for_update(of=("self",)).select_related("user")
    if own_of is not None:
        # of others' requests nothing is told, not even that they are there
        rows = rows.filter(user=own_of)
    request = rows.filter(pk=pk).first() if pk < _PAST_EVERY_ID else None
    if request is None:
        raise NotFound(f"role request {pk} does not exist.")
    if request.state != RoleRequest.State.OPEN:
        outcome = request.get_state_display().lower()
        raise Conflict(f"This request was decided already: it is {outcome}.")
    return request


def _close(request: RoleRequest, state: str, answer: str, by: User) -> None:
    request.state = state
    request.answer = answer.strip()
    request.decided_by = by
    request.decided_at = timezone.now()
    _check(request)
    request.save(update_fields=["state", "answer", "decided_by", "decided_at"])


def _check(request: RoleRequest) -> None:
    """Refuse what the columns cannot hold, and roles that there are not."""
    if request.role not in ROLES:
        raise InvalidInput({"role": [f"Choose from {', '.join(ROLES)}."]})
    try:
        request.clean_fields(exclude=["user", "decided_by"])
    except ValidationError as error:
        raise InvalidInput(error.message_dict) from error


def _note(verb: Verb, request: RoleRequest, by: User) -> None:
    audit.record(
        verb,
        person=request.user,
        by=by,
        subject=request.role,
        detail={"role_request": request.pk},
    )
