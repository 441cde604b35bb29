"""Merging of duplicates by curators: two authors of one person, two spellings."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, TypeVar

from registry.core.errors import Conflict, Forbidden, InvalidInput
from registry.core.merging import merge_into
from registry.core.models import Record
from registry.core.record_types import merge_rule_of
from registry.core.spellings import merge_spellings
from registry.identity.roles import is_curator

if TYPE_CHECKING:
    from registry.identity.models import User

R = TypeVar("R", bound=Record)

#: The largest number of records that are merged at once.
MAX_MERGED = 100


def may_merge(user: Any, model: type[Record]) -> bool:
    """Return whether a person can merge records of a type."""
    return merge_rule_of(model) is not None and is_curator(user)


def merge_records(model: type[R], keep: int, others: Collection[int], *, by: User) -> R:
    """Merge records into the one to keep; return that one.

    Keywords get its spelling, and those of one object are merged. Raises ``Forbidden``
    unless the person is a curator, ``Conflict`` for a type whose records are never
    merged, ``InvalidInput`` for too many records; ``registry.core.merging.merge_into``
    says more.
    """
    rule = merge_rule_of(model)
    if rule is None:
        raise Conflict(f"{model._meta.verbose_name_plural} cannot be merged.")
    if not is_curator(by):
        raise Forbidden("Only curators and administrators can merge records.")
    others = sorted({*others} - {keep})
    if not others:
        raise InvalidInput({"others": ["Choose another record to merge."]})
    if len(others) >= MAX_MERGED:
        raise InvalidInput({"others": [f"Merge at most {MAX_MERGED} at once."]})
    merge = merge_into if rule.spelling is None else merge_spellings
    return merge(model, keep, others, rule=rule, by=by)
