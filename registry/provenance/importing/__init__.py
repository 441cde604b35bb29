"""Importing a document: its people, files, runs and other records, all or nothing.

The reader of a format (PROV-JSON, RO-Crate) converts a document to the descriptions of
``registry.core.graph.described``; `register_graph` lets the domains find what is on
record already and register the rest by their services. Every format is imported this
way.
"""

from registry.core.graph.described import (
    Defined,
    Described,
    External,
    Graph,
    Part,
    Person,
    Place,
    Product,
    Release,
    Run,
    Thing,
    derived_uuid,
)
from registry.provenance.importing.privacy import require_private
from registry.provenance.importing.registering import Imported, register_graph

__all__ = [
    "Defined",
    "Described",
    "External",
    "Graph",
    "Imported",
    "Part",
    "Person",
    "Place",
    "Product",
    "Release",
    "Run",
    "Thing",
    "derived_uuid",
    "register_graph",
    "require_private",
]
