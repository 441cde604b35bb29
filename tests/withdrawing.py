"""Withdraw records in tests, as their owners do."""

from __future__ import annotations

from typing import TypeVar

from registry.core.models import Record
from registry.identity.withdrawal import withdraw_record

R = TypeVar("R", bound=Record)

REASON = "The units were wrong."


def withdraw(record: R, reason: str = REASON) -> R:
    """Withdraw a record as its owner; return it as it is now."""
    by = record.registered_by
    return withdraw_record(type(record), record.pk, reason=reason, by=by)
