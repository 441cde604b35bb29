"""Change and delete records, as their owner or as an administrator."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, TypeVar

from registry.core.errors import Forbidden
from registry.core.models import Record
from registry.core.records import Values, change_record, delete_record, lock_record
from registry.core.transactions import atomic
from registry.identity.roles import may_change

if TYPE_CHECKING:
    from registry.identity.models import User

R = TypeVar("R", bound=Record)


def lock_own(
    model: type[R],
    pk: int,
    *,
    by: User,
    unless_changed: Collection[str] | None = None,
) -> R:
    """Lock and return a record that this person can change; else ``Forbidden``."""
    record = lock_record(model, pk, unless_changed=unless_changed)
    if not may_change(by, record):
        raise Forbidden(
            "Only who registered this record, or an administrator, may change it."
        )
    return record


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
) -> R:
    """Change a record; ``guard`` refuses changes that would affect others."""
    record = lock_own(model, pk, by=by, unless_changed=unless_changed)
    if guard is not None:
        guard(record, values)
    return change_record(record, values, by=by, validated=validated)


@atomic
def delete_own(
    model: type[Record],
    pk: int,
    *,
    by: User,
    unless_changed: Collection[str] | None = None,
) -> None:
    """Delete a record."""
    delete_record(lock_own(model, pk, by=by, unless_changed=unless_changed), by=by)
