"""Name the people who look after a record beside its owner, and remove them.

The co-owners of a namespace are its members, who can name further ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from registry.core.errors import Conflict, Forbidden, InvalidInput, NotFound
from registry.core.events import record_events
from registry.core.links import LinkError, parse_link
from registry.core.models import Record
from registry.core.record_types import record_type_of
from registry.core.transactions import atomic
from registry.identity.models import CoOwner, User
from registry.identity.ownership import (
    co_owned_among,
    lock_visible,
    names_of_people,
)
from registry.identity.roles import is_curator
from registry.identity.verbs import CO_OWNER_NAMED, CO_OWNER_REMOVED

if TYPE_CHECKING:
    from django.db.models import QuerySet

#: The largest number of co-owners of one record.
MAX_CO_OWNERS = 1000


def co_owners_of(record: Record) -> QuerySet[CoOwner]:
    """Return the co-owners of a record, in the order in which they were named."""
    named = CoOwner.objects.filter(kind=record.kind, record_id=record.pk)
    return named.select_related("user", "named_by").order_by("pk")


def may_name(user: Any, record: Record) -> bool:
    """Return whether a person can name co-owners; a private record has none."""
    if not user.is_authenticated or record_type_of(type(record)).is_private:
        return False
    if record.registered_by_id == user.pk or is_curator(user):
        return True
    passed_on = record_type_of(type(record)).sharing.is_passed_on
    return passed_on and bool(co_owned_among(type(record), [record.pk], user))


@atomic
def name_co_owner(
    model: type[Record], pk: int, username: str, *, by: User
) -> tuple[CoOwner, bool]:
    """Name a co-owner of a record; return it and whether it is new.

    Raises ``Forbidden`` unless this person can name co-owners, ``InvalidInput`` for an
    unknown account, ``Conflict`` for the owner, if there are too many, or for a private
    record.
    """
    record = lock_visible(model, pk, by=by)
    _require_namer(record, by=by)
    user = _find_account(username)
    if user.pk == record.registered_by_id:
        raise Conflict(f"{user.username} is the owner of this record.")
    if co_owners_of(record).count() >= MAX_CO_OWNERS:
        raise Conflict(f"A record has at most {MAX_CO_OWNERS} of them.")
    named, is_new = CoOwner.objects.get_or_create(
        kind=record.kind, record_id=record.pk, user=user, defaults={"named_by": by}
    )
    if is_new:
        _record(record, CO_OWNER_NAMED, user, by=by)
    return named, is_new


@atomic
def remove_co_owner(model: type[Record], pk: int, account: int, *, by: User) -> None:
    """Remove a co-owner; everybody can remove themselves.

    Raises ``NotFound`` if the account is no co-owner of the record.
    """
    record = lock_visible(model, pk, by=by)
    if account != by.pk:
        _require_namer(record, by=by)
    named = co_owners_of(record).filter(user=account).first()
    if named is None:
        title = record_type_of(model).sharing.title
        raise NotFound(f"Account {account} is no {title} of this record.")
    _record(record, CO_OWNER_REMOVED, named.user, by=by)
    named.delete()


def _require_namer(record: Record, *, by: User) -> None:
    if record_type_of(type(record)).is_private:
        raise Conflict("A private record has no co-owners.")
    if not may_name(by, record):
        sharing = record_type_of(type(record)).sharing
        who = f"its owner, {sharing.titles}" if sharing.is_passed_on else "its owner"
        raise Forbidden(
            f"This {record._meta.verbose_name} belongs to {names_of_people(record)}: "
            f"only {who}, curators and administrators can say who its "
            f"{sharing.titles} are."
        )


def _find_account(username: str) -> User:
    found = None
    if "\0" not in username:
        people = User.objects.filter(is_active=True)
        found = people.filter(username=username).first() or _by_url(username)
    if found is None:
        raise InvalidInput(
            {"user": [f"There is no account {username[:150]!r}; give a user name."]}
        )
    return found


def _by_url(text: str) -> User | None:
    """Return the account with this URL, as answers name it."""
    if "/" not in text:
        return None
    try:
        pk = parse_link(text, User)
    except LinkError:
        return None
    if not isinstance(pk, int):
        return None
    return User.objects.filter(is_active=True, pk=pk).first()


def _record(record: Record, verb: Any, user: User, *, by: User) -> None:
    subject = user.username
    record_events(record.kind, [record.pk], verb, by=by, subject=subject)
