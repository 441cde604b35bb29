"""What the database can say of a catalogue record beyond its columns."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Subquery

from registry.catalogue.models import ObjectComponent

#: Of a data product: whether its object has components other than the whole.
INTERNAL_FORMAT = Exists(
    ObjectComponent.objects.filter(object=OuterRef("object"), whole_object=False)
)

#: The first such component, in the order of the index that has nothing but those.
FIRST_PART = Subquery(
    ObjectComponent.objects.filter(
        object__gte=OuterRef("object"),
        object__lte=OuterRef("object"),
        whole_object=False,
    )
    .order_by("object_id", "pk")
    .values("pk")[:1]
)
