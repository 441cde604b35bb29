"""How the catalogue is read: the verbs beyond those of every record."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Exists, Model, OuterRef

from registry.core.querysets import RecordQuerySet

M_co = TypeVar("M_co", bound=Model, covariant=True)


class DataProductQuerySet(RecordQuerySet[M_co]):
    """Data products, and which version of each is the latest."""

    def latest_versions(self) -> DataProductQuerySet[M_co]:
        """Keep the version of each name that has the highest precedence."""
        later = self.model._default_manager.filter(
            namespace=OuterRef("namespace"),
            name=OuterRef("name"),
            version_key__gt=OuterRef("version_key"),
        )
        return self.exclude(Exists(later))
