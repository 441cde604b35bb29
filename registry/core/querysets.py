"""The QuerySet of all records."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from django.db import models

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

M_co = TypeVar("M_co", bound=models.Model, covariant=True)


class RecordQuerySet(models.QuerySet[M_co]):
    """A QuerySet with the methods that every record type has."""

    def newest_first(self) -> RecordQuerySet[M_co]:
        """Return the records in the order of lists: the newest first."""
        return self.order_by("-id")

    def not_withdrawn(self) -> RecordQuerySet[M_co]:
        """Return the records that nobody has withdrawn."""
        return self.filter(withdrawn__isnull=True)

    def registered_by(self, user: AbstractBaseUser) -> RecordQuerySet[M_co]:
        """Return the records that this person registered."""
        return self.filter(registered_by=user)
