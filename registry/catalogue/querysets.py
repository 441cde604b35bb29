"""The QuerySets of the catalogue: here is what the latest version is.

The latest version of a data product is the newest that is no pre-release and whose
data is there; a pre-release only if there is nothing else. If every version is
withdrawn, there is no latest one.
"""

from __future__ import annotations

from typing import Self, TypeVar

from django.db.models import BinaryField, Max, Model, OuterRef, Subquery
from django.db.models.functions import Length, Substr

from registry.core.querysets import RecordQuerySet

M_co = TypeVar("M_co", bound=Model, covariant=True)

#: The last byte of the key of a version: greater for a release than a pre-release.
_IS_RELEASE = Substr(
    "version_key", Length("version_key"), 1, output_field=BinaryField()
)


class DataProductQuerySet(RecordQuerySet[M_co]):
    """A QuerySet of data products, which knows their latest versions."""

    def with_data(self) -> Self:
        """Return the products that are not withdrawn, and whose objects are not."""
        return self.filter(withdrawn__isnull=True, object__withdrawn__isnull=True)

    def latest_first(self) -> Self:
        """Return versions in the order in which one of them is the latest.

        Releases come first. Of versions that differ only in build metadata, the one
        that was registered last comes first.
        """
        return self.order_by(_IS_RELEASE.desc(), "-version_key", "-pk")

    def latest_versions(self) -> Self:
        """Return the products among these that are the latest version of their name.

        The versions of each name are read once, by the unique index of names.
        """
        products: Self = self.model._default_manager.order_by()  # type: ignore[assignment]
        # one product of each name, so that no version is compared with every other
        names = self.order_by().values("namespace", "name").annotate(one=Max("pk"))
        latest = (
            products.filter(namespace=OuterRef("namespace"), name=OuterRef("name"))
            .with_data()
            .latest_first()
        )
        of_names = products.filter(pk__in=names.values("one")).values_list(
            Subquery(latest.values("pk")[:1])
        )
        return self.filter(pk__in=of_names)
