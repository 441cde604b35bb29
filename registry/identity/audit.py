"""The audit trail of people: who signed in, got a token or a role, and from where.

It stands in the same table as the events of records. Passwords, keys, codes and tokens
never go into it: ``detail`` names things, it does not hold them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from registry.core import context
from registry.core.models import Event
from registry.core.transactions import atomic
from registry.identity.models import User

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

#: What nobody does of their own account: who failed to sign in may be anybody.
_BY_NOBODY = frozenset({Event.Action.SIGN_IN_FAILED, Event.Action.GRANT_REFUSED})
#: What tells of coming and going, and of nothing that was done.
_VISITS = (
    Event.Action.SIGNED_IN,
    Event.Action.SIGN_IN_FAILED,
    Event.Action.SIGNED_OUT,
)
_LONGEST_SUBJECT = 200
_LONGEST_CLIENT = 200
#: Characters that the name of an account may have.
LONGEST_NAME = 150


def record(
    action: str,
    *,
    person: User | None,
    subject: str = "",
    client: str = "",
    address: str = "",
    detail: Mapping[str, Any] | None = None,
    by: User | None = None,
) -> None:
    """Write down what happened to a person, in the caller's transaction.

    ``action`` is one of ``Event.Action``; ``person`` whose account it concerns, None
    where no account is known. ``by`` is who did it, where that is somebody else.
    ``client`` and ``address`` are those of the request, unless given: a client of OAuth
    goes by its own name. Raises ``ValueError`` for an action that there is not.
    """
    happened = Event.Action(action)
    doer = by or (None if happened in _BY_NOBODY else person)
    Event.objects.create(
        kind=User.kind,
        record_id=person.pk if person is not None else None,
        action=happened,
        by=doer,
        subject=subject[:_LONGEST_SUBJECT],
        client=(client or context.client.get())[:_LONGEST_CLIENT],
        address=address or context.address.get(),
        detail=dict(detail or {}),
    )


def record_failure(name: str, *, means: str, locked: bool = False) -> None:
    """Write down that somebody failed to sign in under this name.

    A name that no account has is not kept: people type their password into the wrong
    field. ``means`` is what failed, ``locked`` tells that it was not even looked at.
    """
    known = "\0" not in name and len(name) <= LONGEST_NAME
    person = User.objects.filter(username=name).first() if known else None
    detail = {"with": means, **({"locked": True} if locked else {})}
    record(Event.Action.SIGN_IN_FAILED, person=person, detail=detail)


@atomic
def forget_visits(*, before: datetime) -> tuple[int, int]:
    """Forget visits before this moment, and all network addresses before it.

    Returns how many events are gone and how many have lost their address. Who changed
    what stays: it is part of the records.
    """
    earlier = Event.objects.filter(at__lt=before)
    visits, _ = earlier.filter(action__in=_VISITS).delete()
    return visits, earlier.exclude(address="").update(address="")
