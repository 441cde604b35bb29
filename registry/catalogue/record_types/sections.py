"""The headings that the record types of the catalogue are listed under."""

from __future__ import annotations

from registry.core.traits import Section

PRODUCTS = Section("Data products", 10)
OBJECTS = Section("Objects and files", 20)
ANNOTATIONS = Section("Annotations of objects", 30)
QUALITY = Section("Quality", 40)
MODELLING = Section("Models and studies", 55)
PEOPLE = Section("People", 60)
