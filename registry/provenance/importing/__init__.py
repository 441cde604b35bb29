"""Registering what a foreign document tells: people, files and runs, all or nothing.

A reader of some format (PROV-JSON, RO-Crate) says in the words of `described` what its
document tells; `register_graph` finds what is on record already and registers the rest
by the services. It is the one way in for every format.
"""

from registry.provenance.importing.described import (
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
from registry.provenance.importing.privacy import is_private_fact, require_private
from registry.provenance.importing.registering import Imported, register_graph

__all__ = [
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
    "is_private_fact",
    "register_graph",
    "require_private",
]
