"""Conditions on catalogue records that the database computes."""

from __future__ import annotations

from django.db.models import Exists, OuterRef

from registry.catalogue.models import ObjectComponent

#: Whether the object of a data product has components other than ``whole_object``.
INTERNAL_FORMAT = Exists(
    ObjectComponent.objects.filter(object=OuterRef("object"), whole_object=False)
)
