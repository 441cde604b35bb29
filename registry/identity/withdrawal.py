"""Withdraw records and put them back.

A withdrawn record stays as a tombstone: everybody can read it and why it was withdrawn,
lineages keep it and mark it. Lists leave it out and its data is not served.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, TypeVar

from registry.core.errors import Conflict, InvalidInput
from registry.core.models import MAX_REASON, Record
from registry.core.record_types import record_type_of, record_types
from registry.core.records import lock_record, set_mark
from registry.core.transactions import atomic
from registry.core.verbs import PUT_BACK, WITHDRAWN
from registry.identity.ownership import lock_visible, require_withdrawal

if TYPE_CHECKING:
    from registry.identity.models import User

R = TypeVar("R", bound=Record)


@atomic
def withdraw_record(
    model: type[R],
    pk: int,
    *,
    reason: str,
    by: User,
    unless_changed: Collection[str] | None = None,
) -> R:
    """Withdraw a record for a reason.

    Raises ``InvalidInput`` for a reason that is empty or too long, ``Forbidden`` unless
    this person looks after the record, ``Conflict`` if it is withdrawn already.
    """
    record = lock_visible(model, pk, by=by, unless_changed=unless_changed)
    require_withdrawal(record, by=by)
    if record.withdrawn is not None:
        raise Conflict(
            f"This {model._meta.verbose_name} is withdrawn already: {record.withdrawn}"
        )
    text = _checked(reason)
    for other in _lock_others(record):
        if other.withdrawn is None:
            set_mark(other, "withdrawn", text, by=by, verb=WITHDRAWN)
    return set_mark(record, "withdrawn", text, by=by, verb=WITHDRAWN)


@atomic
def put_back_record(
    model: type[R],
    pk: int,
    *,
    by: User,
    unless_changed: Collection[str] | None = None,
) -> R:
    """Put a withdrawn record back; raises ``Conflict`` if it is not withdrawn."""
    record = lock_visible(model, pk, by=by, unless_changed=unless_changed)
    require_withdrawal(record, by=by)
    if record.withdrawn is None:
        raise Conflict(f"This {model._meta.verbose_name} is not withdrawn.")
    for other in _lock_others(record):
        if other.withdrawn is not None:
            set_mark(other, "withdrawn", None, by=by, verb=PUT_BACK)
    return set_mark(record, "withdrawn", None, by=by, verb=PUT_BACK)


def _lock_others(record: Record) -> Iterator[Record]:
    """Yield the records that are withdrawn and put back together with this one."""
    link = record_type_of(type(record)).shares_fate_with
    if link is not None:
        yield lock_record(link.field.related_model, getattr(record, link.field.attname))
    for declared in record_types():
        link = declared.shares_fate_with
        if link is not None and link.field.related_model is type(record):
            rows = declared.model._default_manager.select_for_update()
            yield from rows.filter(**{link.field.name: record})


def _checked(reason: str) -> str:
    reason = reason.strip()
    if not reason or "\0" in reason:
        raise InvalidInput({"reason": ["Say why the record is withdrawn."]})
    if len(reason) > MAX_REASON:
        message = f"Give a reason of at most {MAX_REASON} characters."
        raise InvalidInput({"reason": [message]})
    return reason
