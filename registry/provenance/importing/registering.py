"""The way in: finds what is on record, registers the rest, and ties runs to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from registry.core.graph import Element, graph
from registry.core.graph.companions import Known
from registry.core.graph.ledger import Ledger
from registry.core.transactions import atomic
from registry.provenance.importing.others import register_others
from registry.provenance.importing.privacy import close_private

if TYPE_CHECKING:
    from registry.core.graph.described import Graph
    from registry.core.models import Record
    from registry.identity.models import User


@dataclass(frozen=True)
class Imported:
    """What became of a document.

    `records` are by the document's keys, whether they are new or were on record;
    `registered` are all that are new, those that no key stands for among them.
    """

    records: dict[str, Record]
    registered: tuple[Record, ...]


@atomic
def register_graph(described: Graph, *, by: User) -> Imported:
    """Register what a document says, all of it or nothing.

    What is on record already, by UUID, identifier, name and version, is used as it is
    and never changed, but for a run, to which parts that it read or wrote are added.
    Raises ``InvalidInput`` with messages by place in the document, ``Conflict`` where
    the document contradicts what is on record, and ``Forbidden`` where parts would
    be added to another person's run. What the document defines in full is registered
    last, for it links to the rest. Ask `require_private` afterwards, as soon as the
    files are in the store.
    """
    described = close_private(described)
    ledger = Ledger(by)
    import_things = graph.default_type(Element.ENTITY).importer
    import_runs = graph.default_type(Element.ACTIVITY).importer
    people = graph.people.importer(described.people, {}, ledger)
    things = import_things(described.things, people.links, ledger)
    runs = import_runs(described.runs, things.links, ledger)
    others = register_others(described.others, things.links, ledger)
    records = {**people.keys, **things.keys, **runs.keys, **others}
    known = Known.of(described, records, things.links)
    for companion in graph.companions:
        defined = [
            one for one in described.definitions if one.type in companion.all_types
        ]
        found = companion.importer(defined, known, ledger) if defined else {}
        # a companion has the key of its activity
        records = {**found, **records}
    return Imported(records, tuple(ledger.registered))
