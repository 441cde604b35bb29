"""How files and people of imported documents become records of the catalogue."""

from registry.catalogue.provenance.importing.people import register_people
from registry.catalogue.provenance.importing.things import register_things

__all__ = ["register_people", "register_things"]
