"""The audit trail of people: who signed in, got a token or a role, and from where.

It is stored in the same table as the events of records. Never write passwords, keys,
codes or tokens into it: ``detail`` names things, it does not hold them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from registry.core import context
from registry.core.models import Event
from registry.core.transactions import atomic
from registry.core.verbs import VERBS, Verb
from registry.identity.models import User
from registry.identity.verbs import SIGN_IN_FAILED

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_MAX_SUBJECT_LENGTH = 200
_MAX_CLIENT_LENGTH = 200
#: The longest user name, in characters.
MAX_USERNAME_LENGTH = 150


def record(
    verb: Verb | str,
    *,
    person: User | None,
    subject: str = "",
    client: str = "",
    address: str = "",
    detail: Mapping[str, Any] | None = None,
    by: User | None = None,
) -> None:
    """Record an event of a person's account, in the caller's transaction.

    ``verb`` is a declared event verb, or its name. ``person`` is whose account it
    concerns: None if no account is known. ``by`` is who did it, if somebody else did.
    ``client`` and ``address`` default to those of the request; for an OAuth client,
    give its own name. Raises ``ValueError`` for a verb that is not declared.
    """
    declared = VERBS.require(verb)
    actor = by or (None if declared.is_anonymous else person)
    Event.objects.create(
        kind=User.kind,
        record_id=person.pk if person is not None else None,
        action=declared.name,
        by=actor,
        subject=subject[:_MAX_SUBJECT_LENGTH],
        client=(client or context.client.get())[:_MAX_CLIENT_LENGTH],
        address=address or context.address.get(),
        detail=dict(detail or {}),
    )


def record_failure(name: str, *, method: str, locked: bool = False) -> None:
    """Record a failed attempt to sign in under this name.

    A name that no account has is not stored: people type their password into the wrong
    field. ``method`` is how they tried to sign in; ``locked`` means that the attempt
    was refused without checking it.
    """
    known = "\0" not in name and len(name) <= MAX_USERNAME_LENGTH
    person = User.objects.filter(username=name).first() if known else None
    detail = {"with": method, **({"locked": True} if locked else {})}
    record(SIGN_IN_FAILED, person=person, detail=detail)


@atomic
def forget_visits(*, before: datetime) -> tuple[int, int]:
    """Delete visits before this moment, and the network addresses of other events.

    Return how many events were deleted, and how many others lost their address. Who
    changed what is kept: it is part of the records.
    """
    earlier = Event.objects.filter(at__lt=before)
    visit_names = [verb.name for verb in VERBS.values() if verb.is_visit]
    visits, _ = earlier.filter(action__in=visit_names).delete()
    return visits, earlier.exclude(address="").update(address="")
