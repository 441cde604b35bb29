"""Addresses below the API that a record is shown with, beside its own fields.

What can be fetched of a record there, such as its RO-Crate, is the API's to say; the
package that serves it declares the address.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from registry.core.record_types import RecordType, RowType


@dataclass(frozen=True)
class RecordAddress:
    """An address made from a record's id: ``template`` has ``{id}`` in it."""

    record_type: RecordType[Any]
    name: str
    template: str
    help_text: str


_DECLARED: list[RecordAddress] = []


def declare_address(*addresses: RecordAddress) -> None:
    """Have records of a type shown with these addresses."""
    _DECLARED.extend(addresses)


def addresses_of(row_type: RowType[Any]) -> list[RecordAddress]:
    """Return the addresses that records of a type are shown with."""
    return [one for one in _DECLARED if one.record_type is row_type]
