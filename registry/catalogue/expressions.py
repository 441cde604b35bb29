"""What the database can say of a catalogue record beyond its columns."""

from __future__ import annotations

from django.db.models import Exists, OuterRef

from registry.catalogue.models import ObjectComponent

#: Of a data product: whether its object has components other than the whole.
INTERNAL_FORMAT = Exists(
    ObjectComponent.objects.filter(object=OuterRef("object"), whole_object=False)
)
