"""The QuerySet of all records."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from django.db import models

from registry.core import row_counts

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

M_co = TypeVar("M_co", bound=models.Model, covariant=True)


class RecordQuerySet(models.QuerySet[M_co]):
    """A QuerySet with the methods that every record type has."""

    def count(self) -> int:
        """Return the exact number of records, without reading all of a large table."""
        known = self._result_cache is not None
        return super().count() if known else row_counts.count_rows(self)

    def newest_first(self) -> RecordQuerySet[M_co]:
        """Return the records in the order of lists: the newest first."""
        return self.order_by("-id")

    def not_withdrawn(self) -> RecordQuerySet[M_co]:
        """Return the records that nobody has withdrawn."""
        return self.filter(withdrawn__isnull=True)

    def registered_by(self, user: AbstractBaseUser) -> RecordQuerySet[M_co]:
        """Return the records that this person registered."""
        return self.filter(registered_by=user)
