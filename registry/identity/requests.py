"""Request a role; grant, refuse or withdraw a request.

A request is decided once: a second decision raises ``Conflict``.
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

#: The states that administrators can give to a request.
DECISIONS = (RoleRequest.State.GRANTED, RoleRequest.State.REFUSED)
#: Ids are smaller than this in both databases.
_ID_LIMIT = 2**63


@atomic
def request_role(*, role: str, reason: str, by: User) -> RoleRequest:
    """Request a role.

    Raises ``InvalidInput`` if there is no reason or the role is not declared, and
    ``Conflict`` if the person holds it or has an open request for it.
    """
    if not reason.strip():
        raise InvalidInput({"reason": ["Say why you need the role."]})
    request = RoleRequest(user=by, role=role, reason=reason.strip())
    _validate_request(request)
    if role in roles_of(by):
        raise Conflict(f"You hold the role {role} already.")
    try:
        with transaction.atomic():
            request.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(
            f"You have asked for the role {role} already: that request is waiting."
        ) from error
    _record_event(verbs.ROLE_REQUESTED, request, by)
    return request


@atomic
def decide_request(pk: int, *, state: str, answer: str = "", by: User) -> RoleRequest:
    """Grant or refuse an open request; a refusal needs a reason.

    Raises ``Forbidden`` unless ``by`` is an administrator, and for their own request.
    """
    if not is_administrator(by):
        raise Forbidden("Only an administrator may decide requests for roles.")
    if state not in DECISIONS:
        raise InvalidInput({"state": [f"Choose from {', '.join(DECISIONS)}."]})
    request = _lock_open_request(pk)
    if request.user_id == by.pk:
        raise Forbidden("Let another administrator decide your own request.")
    if state == RoleRequest.State.GRANTED:
        _close_request(request, state, answer, by)
        grant_role(user=request.user, role=request.role, by=by)
        return request
    if not answer.strip():
        raise InvalidInput({"answer": ["Say why: a refusal needs a reason."]})
    _close_request(request, state, answer, by)
    _record_event(verbs.ROLE_REFUSED, request, by)
    return request


@atomic
def withdraw_request(pk: int, *, by: User) -> RoleRequest:
    """Withdraw an open request of one's own."""
    request = _lock_open_request(pk, own_of=by)
    _close_request(request, RoleRequest.State.WITHDRAWN, "", by)
    _record_event(verbs.ROLE_WITHDRAWN, request, by)
    return request


def _lock_open_request(pk: int, *, own_of: User | None = None) -> RoleRequest:
    """Lock and return an open request, so that nobody else decides it meanwhile."""
    rows = RoleRequest.objects.select_for_update(of=("self",)).select_related("user")
    if own_of is not None:
        # do not reveal that other people's requests exist
        rows = rows.filter(user=own_of)
    request = rows.filter(pk=pk).first() if pk < _ID_LIMIT else None
    if request is None:
        raise NotFound(f"role request {pk} does not exist.")
    if request.state != RoleRequest.State.OPEN:
        outcome = request.get_state_display().lower()
        raise Conflict(f"This request was decided already: it is {outcome}.")
    return request


def _close_request(request: RoleRequest, state: str, answer: str, by: User) -> None:
    request.state = state
    request.answer = answer.strip()
    request.decided_by = by
    request.decided_at = timezone.now()
    _validate_request(request)
    request.save(update_fields=["state", "answer", "decided_by", "decided_at"])


def _validate_request(request: RoleRequest) -> None:
    """Raise ``InvalidInput`` for undeclared roles and values that are too long."""
    if request.role not in ROLES:
        raise InvalidInput({"role": [f"Choose from {', '.join(ROLES)}."]})
    try:
        request.clean_fields(exclude=["user", "decided_by"])
    except ValidationError as error:
        raise InvalidInput(error.message_dict) from error


def _record_event(verb: Verb, request: RoleRequest, by: User) -> None:
    audit.record(
        verb,
        person=request.user,
        by=by,
        subject=request.role,
        detail={"role_request": request.pk},
    )
