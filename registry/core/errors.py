"""The errors that services raise.

They are about records, not about HTTP: each surface has one table that maps them to its
own responses (``registry.api.base.errors`` for the native API).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.db.models import Model

#: Lists of messages by field name, as in forms and serializers.
FieldMessages = Mapping[str, Sequence[str]]


class RegistryError(Exception):
    """The base class of the errors of services; nothing was stored."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class InvalidInput(RegistryError):
    """Values are invalid; ``fields`` has the messages by field name."""

    def __init__(self, fields: FieldMessages) -> None:
        super().__init__("; ".join(f"{k}: {' '.join(v)}" for k, v in fields.items()))
        self.fields = {name: list(messages) for name, messages in fields.items()}


class Conflict(RegistryError):
    """The input is valid, but conflicts with existing records."""


class Duplicate(Conflict):
    """A record with the same unique values exists.

    ``existing`` is that record, or None if the duplicate is another row of the same
    request; ``fields`` are the names of the unique fields.
    """

    def __init__(self, fields: Sequence[str], existing: Model | None) -> None:
        if len(fields) == 1:
            detail = f"Field {fields[0]} must be unique"
        else:
            detail = f"Fields {', '.join(fields)} must be unique together"
        super().__init__(detail)
        self.fields = tuple(fields)
        self.existing = existing


class HasDependents(Conflict):
    """Others stand on what would be taken away.

    ``dependents`` are some of these records, ``total`` is how many there are.
    """

    def __init__(self, detail: str, dependents: Sequence[Model], total: int) -> None:
        super().__init__(detail)
        self.dependents = tuple(dependents)
        self.total = total


class BulkError(RegistryError):
    """Some rows of a bulk operation are invalid, so none was stored.

    ``errors`` has the errors by row number, ``total`` is the number of rows.
    """

    def __init__(self, errors: Mapping[int, RegistryError], total: int) -> None:
        first = min(errors)
        super().__init__(f"row {first}: {errors[first].detail}")
        self.errors = dict(errors)
        self.total = total


class Forbidden(RegistryError):
    """The user is authenticated, but does not have permission."""


class NotFound(RegistryError):
    """The record does not exist."""


class Gone(RegistryError):
    """The data of a record is no longer served, because the record is withdrawn."""


class Damaged(RegistryError):
    """The bytes of a file are no longer those that were stored; nothing is sent."""


class Stale(RegistryError):
    """The record has changed since the caller read it (RFC 9110, section 13.1.1)."""


class Unavailable(RegistryError):
    """Something that the registry needs is not available now; try again later."""


class StorageFull(Unavailable):
    """The disk or the object store has no space left."""


class Busy(Unavailable):
    """All capacity for this is in use; it will be free again in a moment."""


class StatementTimeout(Unavailable):
    """A database statement of a read exceeded its timeout."""

    def __init__(self) -> None:
        super().__init__(
            "Reading this took too long and was stopped. Ask for less, or try again "
            "later."
        )


class QuotaExceeded(RegistryError):
    """The account would exceed its quota.

    ``used`` and ``allowed`` are in bytes.
    """

    def __init__(self, *, used: int, allowed: int) -> None:
        super().__init__(
            f"Not stored: your account has {used} bytes in this registry, of the "
            f"{allowed} that it is allowed, and this would be more. Ask an "
            "administrator for more room."
        )
        self.used = used
        self.allowed = allowed


def raise_by_row(errors: Mapping[int, RegistryError], total: int) -> None:
    """Raise the error of a single row, or the errors of several rows, if any."""
    if errors:
        raise errors[0] if total == 1 else BulkError(errors, total)
