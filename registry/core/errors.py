"""The errors that services raise.

They speak of records, never of HTTP: each surface has one table that turns them into
its own answers (``registry.api.base.errors`` for the native API).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.db.models import Model

#: Messages by field name, as forms and serializers have them.
FieldMessages = Mapping[str, Sequence[str]]


class RegistryError(Exception):
    """Any refusal by a service; nothing was stored."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class InvalidInput(RegistryError):
    """A value that the registry cannot take; ``fields`` says which, and why."""

    def __init__(self, fields: FieldMessages) -> None:
        super().__init__("; ".join(f"{k}: {' '.join(v)}" for k, v in fields.items()))
        self.fields = {name: list(messages) for name, messages in fields.items()}


class Conflict(RegistryError):
    """The request is sound, but does not fit what is already on record."""


class Duplicate(Conflict):
    """A record with the same unique values exists.

    ``existing`` is that record, or None where the twin is another row of the same
    request; ``fields`` are the names that clash.
    """

    def __init__(self, fields: Sequence[str], existing: Model | None) -> None:
        if len(fields) == 1:
            detail = f"Field {fields[0]} must be unique"
        else:
            detail = f"Fields {', '.join(fields)} must be unique together"
        super().__init__(detail)
        self.fields = tuple(fields)
        self.existing = existing


class BulkError(RegistryError):
    """Some of many rows were refused, so none was stored; errors by row number."""

    def __init__(self, errors: Mapping[int, RegistryError], total: int) -> None:
        first = min(errors)
        super().__init__(f"row {first}: {errors[first].detail}")
        self.errors = dict(errors)
        self.total = total


class Forbidden(RegistryError):
    """The person is known, but may not do this."""


class NotFound(RegistryError):
    """There is no such record."""


class Stale(RegistryError):
    """The record changed since the caller read it (RFC 9110, section 13.1.1)."""


class Unavailable(RegistryError):
    """Something that the registry needs is not there just now; try again later."""


class StorageFull(Unavailable):
    """Raised when the disk or the object store has no room left."""


class Busy(Unavailable):
    """Others are using all of the capacity for this; it is free again in a moment."""


class StatementTimeout(Unavailable):
    """A statement of a read was stopped at its time limit."""

    def __init__(self) -> None:
        super().__init__(
            "Reading this took too long and was stopped. Ask for less, or try again "
            "later."
        )


class QuotaExceeded(RegistryError):
    """An account would store more bytes than it is allowed.

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
