"""Whose records are whose: change and delete them, as an owner or as a curator.

A record belongs to who registered it. Its owner can name co-owners, who look after it
as well; curators and administrators look after the records of everybody. Labels of an
object belong to the owner of the object too. A record of a private type is looked after
by those who can see it, and does not exist for others. ``docs/decisions`` 33 and 41
have the reasons.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from registry.core.errors import Forbidden, NotFound
from registry.core.field_references import name_of
from registry.core.lookups import IdIn
from registry.core.models import Record
from registry.core.record_types import record_type_of
from registry.core.records import (
    Values,
    change_record,
    delete_record,
    lock_record,
    would_change,
)
from registry.core.transactions import atomic
from registry.identity.models import CoOwner, User
from registry.identity.roles import is_curator

if TYPE_CHECKING:
    from collections.abc import Mapping

R = TypeVar("R", bound=Record)

#: At most so many people are named in a message.
MAX_NAMED = 5


def may_change(user: Any, record: Record) -> bool:
    """Return whether a person looks after a record: their own, or as a curator."""
    if not user.is_authenticated:
        return False
    record_type = record_type_of(type(record))
    if record_type.is_private:
        return record_type.shows(record.pk, user)
    if record.registered_by_id == user.pk or is_curator(user):
        return True
    return record.pk in co_owned_among(type(record), [record.pk], user)


def may_delete(user: Any, record: Record) -> bool:
    """Return whether a person can delete a record of a type that can be deleted."""
    has_dependents = record_type_of(type(record)).has_dependents
    if not may_withdraw(user, record):
        return False
    return has_dependents is None or not has_dependents(record)


def may_withdraw(user: Any, record: Record) -> bool:
    """Return whether a person can take a record away.

    Those who look after an object can take away its labels, and people the records
    about their account.
    """
    if may_change(user, record):
        return True
    account = record_type_of(type(record)).account
    if account is not None:
        return bool(user.is_authenticated and getattr(record, name_of(account)) == user)
    about = object_of(record)
    return about is not None and may_change(user, about)


def object_of(record: Record) -> Record | None:
    """Return the record that this one describes, if it describes one."""
    about: Any = record
    for link in record_type_of(type(record)).describes:
        about = getattr(about, name_of(link))
    return about if about is not record else None


def co_owned_among(model: type[Record], ids: Iterable[int], user: Any) -> set[int]:
    """Return which of these records a person is a co-owner of."""
    named = CoOwner.objects.filter(IdIn("record_id", ids), kind=model.kind, user=user)
    return set(named.values_list("record_id", flat=True))


def look_after(model: type[Record], owners: Mapping[int, int], user: Any) -> set[int]:
    """Return which records a person looks after; ``owners`` maps ids to owners.

    Own records take no query.
    """
    own = {pk for pk, owner in owners.items() if owner == user.pk}
    others = owners.keys() - own
    if not others:
        return own
    if is_curator(user):
        return set(owners)
    return own | co_owned_among(model, others, user)


def names_of_people(record: Record) -> str:
    """Return the names of the owner and the co-owners of a record, to ask them."""
    return people_of(type(record), [record.pk])[record.pk]


def people_of(model: type[Record], ids: Collection[int]) -> dict[int, str]:
    """Return the names of the owner and of some co-owners of records, by id.

    This takes two statements.
    """
    owners = model._default_manager.filter(IdIn("pk", ids)).order_by()
    named = CoOwner.objects.filter(IdIn("record_id", ids), kind=model.kind)
    names = {
        pk: [name] for pk, name in owners.values_list("pk", "registered_by__username")
    }
    for pk, name in named.order_by("pk").values_list("record_id", "user__username"):
        names[pk].append(name)
    return {pk: ", ".join(some[:MAX_NAMED]) for pk, some in names.items()}


def lock_visible(
    model: type[R],
    pk: int,
    *,
    by: User,
    unless_changed: Collection[str] | None = None,
) -> R:
    """Lock and return a record that this person can see; else ``NotFound``."""
    if not record_type_of(model).shows(pk, by):
        raise NotFound(f"{model._meta.verbose_name} {pk} does not exist.")
    return lock_record(model, pk, unless_changed=unless_changed)


def lock_own(
    model: type[R],
    pk: int,
    *,
    by: User,
    unless_changed: Collection[str] | None = None,
) -> R:
    """Lock and return a record that this person can change; else ``Forbidden``."""
    record = lock_visible(model, pk, by=by, unless_changed=unless_changed)
    if not may_change(by, record):
        raise _refusal(record)
    return record


def _refusal(record: Record) -> Forbidden:
    return Forbidden(
        f"This {record._meta.verbose_name} belongs to {names_of_people(record)}: "
        f"only its owner, {record_type_of(type(record)).sharing.titles}, curators "
        "and administrators can change it."
    )


@atomic
def change_own(
    model: type[R],
    pk: int,
    values: Values,
    *,
    by: User,
    unless_changed: Collection[str] | None = None,
    validated: bool = False,
    guard: Callable[[R, Values], None] | None = None,
    check: Callable[[R], None] | None = None,
) -> R:
    """Change a record; ``guard`` refuses changes that would affect others.

    ``check`` looks at the changed record, and can still raise.

    Values that the record has already are refused to nobody: clients send what another
    person has sent.
    """
    record = lock_visible(model, pk, by=by, unless_changed=unless_changed)
    if not may_change(by, record):
        if values and not would_change(record, values):
            return record
        raise _refusal(record)
    if guard is not None:
        guard(record, values)
    changed = change_record(record, values, by=by, validated=validated)
    if check is not None:
        check(changed)
    return changed


@atomic
def delete_own(
    model: type[R],
    pk: int,
    *,
    by: User,
    unless_changed: Collection[str] | None = None,
    guard: Callable[[R], None] | None = None,
) -> None:
    """Delete a record; ``guard`` refuses to delete what others rely on."""
    record = lock_own(model, pk, by=by, unless_changed=unless_changed)
    if guard is not None:
        guard(record)
    delete_record(record, by=by)


@atomic
def delete_as_withdrawer(
    model: type[Record],
    pk: int,
    *,
    by: User,
    unless_changed: Collection[str] | None = None,
) -> None:
    """Delete a record, for the people who could withdraw it."""
    record = lock_visible(model, pk, by=by, unless_changed=unless_changed)
    require_withdrawal(record, by=by)
    delete_record(record, by=by)


def require_withdrawal(record: Record, *, by: User) -> None:
    """Raise ``Forbidden`` unless a person can take a record away."""
    if not may_withdraw(by, record):
        who = record_type_of(type(record)).withdrawn_by.value
        raise Forbidden(
            f"This {record._meta.verbose_name} belongs to {names_of_people(record)}: "
            f"only {who} can withdraw it, put it back or take it away."
        )
