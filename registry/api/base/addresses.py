"""Addresses of further resources of a record, which the API adds to its fields.

The package of the API that serves the resource, such as the RO-Crate of a data product,
declares its address.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from registry.core.record_types import RecordType
    from registry.core.row_types import RowType


@dataclass(frozen=True)
class RecordAddress:
    """An address that is made from a record's id; ``template`` contains ``{id}``."""

    record_type: RecordType[Any]
    name: str
    template: str
    help_text: str


_DECLARED: list[RecordAddress] = []


def declare_address(*addresses: RecordAddress) -> None:
    """Add these addresses to the records of their types."""
    _DECLARED.extend(addresses)


def addresses_of(row_type: RowType[Any]) -> list[RecordAddress]:
    """Return the addresses that records of a type have."""
    return [one for one in _DECLARED if one.record_type is row_type]
