"""The QuerySet that all records share."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from django.db import models

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

M_co = TypeVar("M_co", bound=models.Model, covariant=True)


class RecordQuerySet(models.QuerySet[M_co]):
    """Verbs that make sense for every kind of record."""

    def newest_first(self) -> RecordQuerySet[M_co]:
        """Order as every list does: the latest registered record first."""
        return self.order_by("-id")

    def registered_by(self, user: AbstractBaseUser) -> RecordQuerySet[M_co]:
        """Keep what this person registered."""
        return self.filter(registered_by=user)
