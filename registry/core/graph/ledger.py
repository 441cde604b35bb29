"""Registering rows of which each came from some place in a document."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from registry.core.errors import (
    BulkError,
    Conflict,
    Duplicate,
    Forbidden,
    InvalidInput,
    RegistryError,
)
from registry.core.record_types import record_type_of

if TYPE_CHECKING:
    from registry.core.models import Record
    from registry.core.records import Values

R = TypeVar("R", bound="Record")


@dataclass
class Ledger:
    """Who imports, and what was registered for them so far."""

    by: Any
    registered: list[Record] = field(default_factory=list)

    def register(self, model: type[R], rows: Sequence[tuple[str, Values]]) -> list[R]:
        """Register one record a row, each with the place that it came from.

        Raises ``InvalidInput`` with messages by place, or ``Conflict`` with the place
        in its text.
        """
        return self.register_by(record_type_of(model).register_rows, rows)

    def register_by(
        self, service: Callable[..., Sequence[R]], rows: Sequence[tuple[str, Values]]
    ) -> list[R]:
        """Register one record a row by a service; raises what `register` raises."""
        values = [row for _, row in rows]
        try:
            records = list(service(values, by=self.by))
        except BulkError as refused:
            raise _placed(rows, refused.errors) from refused
        except RegistryError as error:
            raise _placed(rows, {0: error}) from error
        self.registered.extend(records)
        return records


def _placed(
    rows: Sequence[tuple[str, Values]], errors: Mapping[int, RegistryError]
) -> RegistryError:
    """Say of refused rows where in the document they came from."""
    invalid: dict[str, list[str]] = {}
    for index, error in errors.items():
        messages = _messages(error)
        if messages:
            invalid.setdefault(rows[index][0], []).extend(messages)
    if invalid:
        return InvalidInput(invalid)
    first = min(errors)
    if isinstance(errors[first], Forbidden):
        return Forbidden(f"{rows[first][0]}: {errors[first].detail}")
    return Conflict(f"{rows[first][0]}: {_clash(errors[first])}")


def _messages(error: RegistryError) -> list[str]:
    """Say what is wrong with a row itself; nothing where it clashes with a record."""
    match error:
        case InvalidInput():
            return [
                f"{name}: {message}"
                for name, messages in error.fields.items()
                for message in messages
            ]
        case Duplicate(existing=None):
            return [f"{error.detail}; the document says so of another one as well"]
    return []


def _clash(error: RegistryError) -> str:
    """Say what a row clashes with."""
    if isinstance(error, Duplicate) and error.existing is not None:
        twin = error.existing
        return (
            f"{error.detail}; {twin._meta.verbose_name} {twin.pk} has the same values"
        )
    return error.detail
