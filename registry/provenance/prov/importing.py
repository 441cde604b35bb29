"""Importing PROV-JSON: what a document says becomes records, all or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction

from registry.provenance.importing import Graph, register_graph, require_private
from registry.provenance.prov.activities import map_activities
from registry.provenance.prov.agents import map_agents
from registry.provenance.prov.definitions import read_definitions
from registry.provenance.prov.entities import map_entities
from registry.provenance.prov.reading import read
from registry.provenance.prov.sources import LeftOut, Source

if TYPE_CHECKING:
    from registry.core.models import Record
    from registry.identity.models import User


@dataclass(frozen=True)
class Outcome:
    """What became of a document.

    `records` are by the identifiers of the document, as it spells them; `registered`
    those that are new; `left_out` the parts that no record can hold.
    """

    records: dict[str, Record]
    registered: tuple[Record, ...]
    left_out: tuple[LeftOut, ...]


def import_document(data: Any, *, registry_url: str, by: User) -> Outcome:
    """Register what a PROV-JSON document says; ``data`` is the parsed JSON.

    Elements whose identifiers are addresses below ``registry_url`` are records of this
    registry. Raises ``InvalidInput`` with messages by JSON path, and what
    `register_graph` raises.
    """
    source = Source.of(read(data), data, registry_url)
    graph = map_document(source)
    with transaction.atomic():
        imported = register_graph(graph, by=by)
        require_private(graph)
    elements = {**source.entities, **source.activities, **source.agents}
    records = {**imported.records, **source.own}
    return Outcome(
        {elements[name].key: one for name, one in records.items() if name in elements},
        imported.registered,
        tuple(source.left_out),
    )


def map_document(source: Source) -> Graph:
    """Convert a document to an import graph; raise what is wrong with it."""
    for name in source.document.bundles:
        source.leave_out(f"$.bundle['{name[:200]}']", "Bundles are on no record.")
    definitions = read_definitions(source)
    agents = map_agents(source, definitions)
    entities = map_entities(source, agents.authors, definitions.elements)
    activities = map_activities(source, entities, definitions)
    source.complaints.raise_any()
    return Graph(
        agents.people,
        entities.things,
        activities.runs,
        (*entities.others.values(), *activities.others),
        definitions.defined,
    )
