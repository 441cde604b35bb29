"""The services that record types declare, for tests that go through many types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from registry.core.record_types import record_type_of

if TYPE_CHECKING:
    from registry.core.models import Record
    from registry.core.records import Values
    from registry.identity.models import User


def register(
    model: type[Record], rows: Sequence[Values], *, by: User
) -> Sequence[Record]:
    """Register records by the service of their type."""
    return record_type_of(model).register_rows(rows, by=by)


def correct(model: type[Record], pk: int, values: Values, **options: Any) -> Any:
    """Correct a record by the service of its type."""
    service = record_type_of(model).correct
    if service is None:
        raise LookupError(f"{model.__name__} is not corrected.")
    return service(pk, values, **options)
