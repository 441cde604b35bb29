"""The QuerySets of the catalogue."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Exists, Model, OuterRef

from registry.core.querysets import RecordQuerySet

M_co = TypeVar("M_co", bound=Model, covariant=True)


class DataProductQuerySet(RecordQuerySet[M_co]):
    """A QuerySet of data products, which knows their latest versions."""

    def latest_versions(self) -> DataProductQuerySet[M_co]:
        """Return the version with the highest precedence of each name."""
        later = self.model._default_manager.filter(
            namespace=OuterRef("namespace"),
            name=OuterRef("name"),
            version_key__gt=OuterRef("version_key"),
        )
        return self.exclude(Exists(later))
